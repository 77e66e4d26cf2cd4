"""Market: categories, products, orders with lines."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        create table product_category (
            id integer generated always as identity primary key,
            external_id text not null constraint uq_product_category_external_id unique,
            name text not null,
            parent_id integer references product_category (id),
            path text[] not null,
            created_at timestamptz not null,
            updated_at timestamptz not null
        );
        create index ix_product_category_parent_id on product_category (parent_id);
        create table product (
            id integer generated always as identity primary key,
            external_id text not null constraint uq_product_external_id unique,
            name text not null,
            brand text,
            category_id integer references product_category (id),
            price numeric(18, 4) check (price >= 0),
            currency text,
            url text,
            image_url text,
            description text,
            status text not null default 'active' check (status in ('active', 'archived', 'stub')),
            properties jsonb not null default '{}',
            version bigint not null default 1,
            created_at timestamptz not null,
            updated_at timestamptz not null
        ) with (fillfactor = 90);
        create index ix_product_category_id on product (category_id);
        create index ix_product_name on product (name, id);
        create index ix_product_search on product
            using gin ((name || ' ' || external_id || ' ' || coalesce(brand, '')) gin_trgm_ops);
        create table sales_order (
            id bigint generated always as identity primary key,
            database_id integer not null,
            external_id text not null,
            profile_id bigint not null,
            placed_at timestamptz not null,
            status text not null,
            channel text not null default '',
            currency text not null,
            total numeric(18, 4) not null,
            delivery numeric(18, 4) not null default 0,
            line_count integer not null,
            properties jsonb not null default '{}',
            version bigint not null default 1,
            created_at timestamptz not null,
            updated_at timestamptz not null,
            constraint uq_sales_order_database_id_external_id unique (database_id, external_id)
        ) with (fillfactor = 90);
        create index ix_sales_order_profile on sales_order (database_id, profile_id, placed_at desc);
        create index ix_sales_order_placed_at on sales_order (database_id, placed_at desc, id desc);
        create table order_line (
            order_id bigint not null references sales_order (id) on delete cascade,
            line integer not null,
            external_id text,
            product_id integer not null,
            quantity numeric(18, 4) not null,
            price numeric(18, 4),
            discount numeric(18, 4) not null default 0,
            total numeric(18, 4) not null,
            status text not null default '',
            removed boolean not null default false,
            primary key (order_id, line)
        ) with (fillfactor = 95);
        create table market_import (
            id integer generated always as identity primary key,
            kind text not null check (kind in ('products', 'orders')),
            database_id integer,
            file_name text not null,
            stored text not null,
            options jsonb not null,
            state text not null default 'queued',
            rows bigint not null default 0,
            created bigint not null default 0,
            updated bigint not null default 0,
            unchanged bigint not null default 0,
            rejected bigint not null default 0,
            problems jsonb not null default '[]',
            job_id text,
            created_at timestamptz not null,
            updated_at timestamptz not null
        );
        """
    )
