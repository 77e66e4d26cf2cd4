-- Members of static and updatable segments, mirrored from PostgreSQL for use in conditions.
CREATE TABLE IF NOT EXISTS segment_bitmaps
(segment UInt32, version UInt64, bm AggregateFunction(groupBitmap, UInt32))
ENGINE = ReplacingMergeTree(version) ORDER BY segment SETTINGS fsync_after_insert = 1;
