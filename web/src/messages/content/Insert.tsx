import { Select } from '@mantine/core';
import { useDatabase } from '@/api/database';
import { formatWords, forSegment, including, useAsked, useFeeds, useFragments, type Fragment } from './model';

const takes: Record<string, Fragment['format'][]> = { mjml: ['mjml', 'html', 'text'], html: ['html', 'text'], text: ['text'] };

/** Puts what differs from person to person, fragments, feeds and parts for a segment where the cursor stands. */
export function Insert({ format, databaseId, onInsert, onFeed, links = true }: {
  format: Fragment['format']; databaseId: number | undefined; onInsert: (text: string) => void; onFeed?: (key: string) => void; links?: boolean;
}) {
  const here = useDatabase();
  const fields = here?.fields ?? [];
  const fragments = useFragments().filter((f) => takes[format]?.includes(f.format));
  const feeds = useFeeds();
  const segments = useAsked(databaseId ?? here?.id);
  const texts = new Map<string, () => void>();
  const item = (value: string, label: string, act: () => void) => { texts.set(value, act); return { value, label }; };
  const plain = (text: string, label: string) => item(text, label, () => { onInsert(text); });
  const groups = [
    { group: 'Profile', items: fields.map((f) => plain(`{{ profile.${f.name} | default("") }}`, f.label || f.name)) },
    { group: 'Links', items: links ? [plain('{{ links.unsubscribe }}', 'Unsubscribe'), plain('{{ preferences_url }}', 'Preference page'), plain('{{ confirm_url }}', 'Confirm a subscription'), plain('{{ links.web_version }}', 'Web version')] : [] },
    { group: 'Fragments', items: fragments.map((f) => plain(including(f.key), `${f.name} (${formatWords(f.format)})`)) },
    { group: 'Only for members of', items: segments.map((s) => item(`segment ${s.id}`, s.name, () => { onInsert(forSegment(s.id, s.name)); })) },
    { group: 'Feeds', items: feeds.map((f) => item(`feed ${f.key}`, f.name, () => { if (onFeed) onFeed(f.key); else onInsert(`{{ feeds.${f.key} }}`); })) },
  ];
  return (
    <Select aria-label="Insert" placeholder="Insert a field, fragment, segment or feed…" searchable value={null} nothingFoundMessage="Nothing of this name" maxDropdownHeight={360}
      data={groups.filter((g) => g.items.length > 0)} onChange={(value) => { if (value) texts.get(value)?.(); }} />
  );
}
