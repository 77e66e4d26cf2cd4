"""The market: sales channels, regions, SKUs, typed fields, prices, stock, line statuses."""

from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

# ISO 4217 without funds, metals and codes for tests.
_CURRENCIES = """
AED United Arab Emirates dirham|AFN Afghan afghani|ALL Albanian lek|AMD Armenian dram|AOA Angolan kwanza
ARS Argentine peso|AUD Australian dollar|AWG Aruban florin|AZN Azerbaijani manat
BAM Bosnia and Herzegovina convertible mark|BBD Barbados dollar|BDT Bangladeshi taka|BGN Bulgarian lev
BHD Bahraini dinar|BIF Burundian franc|BMD Bermudian dollar|BND Brunei dollar|BOB Bolivian boliviano
BRL Brazilian real|BSD Bahamian dollar|BTN Bhutanese ngultrum|BWP Botswana pula|BYN Belarusian rouble
BZD Belize dollar|CAD Canadian dollar|CDF Congolese franc|CHF Swiss franc|CLP Chilean peso|CNY Chinese yuan
COP Colombian peso|CRC Costa Rican colón|CUP Cuban peso|CVE Cape Verdean escudo|CZK Czech koruna
DJF Djiboutian franc|DKK Danish krone|DOP Dominican peso|DZD Algerian dinar|EGP Egyptian pound|ERN Eritrean nakfa
ETB Ethiopian birr|EUR Euro|FJD Fiji dollar|FKP Falkland Islands pound|GBP Pound sterling|GEL Georgian lari
GHS Ghanaian cedi|GIP Gibraltar pound|GMD Gambian dalasi|GNF Guinean franc|GTQ Guatemalan quetzal
GYD Guyanese dollar|HKD Hong Kong dollar|HNL Honduran lempira|HTG Haitian gourde|HUF Hungarian forint
IDR Indonesian rupiah|ILS Israeli new shekel|INR Indian rupee|IQD Iraqi dinar|IRR Iranian rial|ISK Icelandic króna
JMD Jamaican dollar|JOD Jordanian dinar|JPY Japanese yen|KES Kenyan shilling|KGS Kyrgyzstani som
KHR Cambodian riel|KMF Comoro franc|KPW North Korean won|KRW South Korean won|KWD Kuwaiti dinar
KYD Cayman Islands dollar|KZT Kazakhstani tenge|LAK Lao kip|LBP Lebanese pound|LKR Sri Lankan rupee
LRD Liberian dollar|LSL Lesotho loti|LYD Libyan dinar|MAD Moroccan dirham|MDL Moldovan leu|MGA Malagasy ariary
MKD Macedonian denar|MMK Myanmar kyat|MNT Mongolian tögrög|MOP Macanese pataca|MRU Mauritanian ouguiya
MUR Mauritian rupee|MVR Maldivian rufiyaa|MWK Malawian kwacha|MXN Mexican peso|MYR Malaysian ringgit
MZN Mozambican metical|NAD Namibian dollar|NGN Nigerian naira|NIO Nicaraguan córdoba|NOK Norwegian krone
NPR Nepalese rupee|NZD New Zealand dollar|OMR Omani rial|PAB Panamanian balboa|PEN Peruvian sol
PGK Papua New Guinean kina|PHP Philippine peso|PKR Pakistani rupee|PLN Polish złoty|PYG Paraguayan guaraní
QAR Qatari riyal|RON Romanian leu|RSD Serbian dinar|RUB Russian rouble|RWF Rwandan franc|SAR Saudi riyal
SBD Solomon Islands dollar|SCR Seychelles rupee|SDG Sudanese pound|SEK Swedish krona|SGD Singapore dollar
SHP Saint Helena pound|SLE Sierra Leonean leone|SOS Somali shilling|SRD Surinamese dollar
SSP South Sudanese pound|STN São Tomé and Príncipe dobra|SVC Salvadoran colón|SYP Syrian pound|SZL Swazi lilangeni
THB Thai baht|TJS Tajikistani somoni|TMT Turkmenistan manat|TND Tunisian dinar|TOP Tongan paʻanga
TRY Turkish lira|TTD Trinidad and Tobago dollar|TWD New Taiwan dollar|TZS Tanzanian shilling
UAH Ukrainian hryvnia|UGX Ugandan shilling|USD United States dollar|UYU Uruguayan peso|UZS Uzbekistani sum
VED Venezuelan digital bolívar|VES Venezuelan bolívar|VND Vietnamese đồng|VUV Vanuatu vatu|WST Samoan tālā
XAF Central African CFA franc|XCD East Caribbean dollar|XOF West African CFA franc|XPF CFP franc|YER Yemeni rial
ZAR South African rand|ZMW Zambian kwacha|ZWG Zimbabwe gold
"""
_COMMON = (
    "AED ARS AUD BGN BHD BRL BYN CAD CHF CLP CNY COP CZK DKK EGP EUR GBP GEL HKD HUF IDR ILS INR ISK JPY KRW KWD KZT"
    " MAD MXN MYR NGN NOK NZD PEN PHP PKR PLN QAR RON RSD RUB SAR SEK SGD THB TND TRY TWD UAH USD UZS VND ZAR"
)


def upgrade() -> None:
    op.execute(
        """
        create table market_currency (
            code text primary key check (code ~ '^[A-Z]{3}$'),
            name text not null,
            active boolean not null,
            created_at timestamptz not null default now(),
            updated_at timestamptz not null default now()
        );
        create table market_channel (
            id integer generated always as identity primary key,
            database_id integer not null,
            external_id text not null,
            name text not null,
            description text not null default '',
            kind text not null check (kind in ('online', 'retail')),
            tags text[] not null default '{}',
            archived_at timestamptz,
            created_at timestamptz not null,
            updated_at timestamptz not null,
            constraint uq_market_channel_database_id_external_id unique (database_id, external_id)
        );
        create table market_touchpoint (
            id integer generated always as identity primary key,
            database_id integer not null,
            channel_id integer not null references market_channel (id) on delete cascade,
            external_id text not null,
            name text not null,
            description text not null default '',
            archived_at timestamptz,
            created_at timestamptz not null,
            updated_at timestamptz not null,
            constraint uq_market_touchpoint_database_id_external_id unique (database_id, external_id)
        );
        create index ix_market_touchpoint_channel_id on market_touchpoint (channel_id);
        create table market_region (
            id integer generated always as identity primary key,
            external_id text not null constraint uq_market_region_external_id unique,
            name text not null,
            archived_at timestamptz,
            created_at timestamptz not null,
            updated_at timestamptz not null
        );
        create table market_field (
            id integer generated always as identity primary key,
            entity text not null check (entity in ('product', 'sku', 'order', 'line')),
            key text not null,
            label text not null,
            type text not null check (type in ('int', 'float', 'string', 'bool', 'list', 'date')),
            required boolean not null default false,
            initial jsonb,
            archived_at timestamptz,
            created_at timestamptz not null,
            updated_at timestamptz not null,
            constraint uq_market_field_entity_key unique (entity, key)
        );
        create table market_line_status (
            id integer generated always as identity primary key,
            external_id text not null constraint uq_market_line_status_external_id unique,
            name text not null,
            kind text not null check (kind in ('in_process', 'delivered', 'cancelled', 'refunded')),
            archived_at timestamptz,
            created_at timestamptz not null,
            updated_at timestamptz not null
        );
        alter table product
            add column old_price numeric(18, 4) check (old_price >= 0),
            add column floor_price numeric(18, 4) check (floor_price >= 0),
            add column tags text[] not null default '{}',
            add column pictures text[] not null default '{}',
            add column available boolean,
            add column quantity numeric(18, 4),
            add column delivery boolean,
            add column warranty boolean,
            add column expires_on date;
        create table product_sku (
            id integer generated always as identity primary key,
            product_id integer not null references product (id) on delete cascade,
            external_id text not null constraint uq_product_sku_external_id unique,
            name text not null,
            price numeric(18, 4) check (price >= 0),
            old_price numeric(18, 4) check (old_price >= 0),
            floor_price numeric(18, 4) check (floor_price >= 0),
            currency text,
            url text,
            description text,
            tags text[] not null default '{}',
            pictures text[] not null default '{}',
            available boolean,
            quantity numeric(18, 4),
            status text not null default 'active' check (status in ('active', 'archived', 'stub')),
            properties jsonb not null default '{}',
            version bigint not null default 1,
            created_at timestamptz not null,
            updated_at timestamptz not null
        ) with (fillfactor = 90);
        create index ix_product_sku_product_id on product_sku (product_id);
        create index ix_product_sku_search on product_sku using gin ((name || ' ' || external_id) gin_trgm_ops);
        create table product_region (
            product_id integer not null references product (id) on delete cascade,
            sku_id integer references product_sku (id) on delete cascade,
            region_id integer not null references market_region (id),
            price numeric(18, 4) check (price >= 0),
            old_price numeric(18, 4) check (old_price >= 0),
            quantity numeric(18, 4),
            constraint uq_product_region unique nulls not distinct (product_id, sku_id, region_id)
        ) with (fillfactor = 90);
        create index ix_product_region_sku_id on product_region (sku_id) where sku_id is not null;
        create index ix_product_region_region_id on product_region (region_id);
        create table product_relation (
            product_id integer not null references product (id) on delete cascade,
            other_id integer not null references product (id) on delete cascade,
            kind text not null check (kind in ('similar', 'cross', 'up', 'accessory', 'bundle')),
            weight numeric(9, 4) not null default 1,
            primary key (product_id, kind, other_id),
            check (product_id <> other_id)
        );
        create index ix_product_relation_other_id on product_relation (other_id);
        alter table sales_order
            add column touchpoint_id integer references market_touchpoint (id),
            add column region_id integer references market_region (id),
            add column tags text[] not null default '{}',
            add column refunded numeric(18, 4) not null default 0,
            add column delivery_refunded numeric(18, 4) not null default 0;
        create index ix_sales_order_touchpoint_id on sales_order (touchpoint_id) where touchpoint_id is not null;
        alter table order_line
            add column sku_id integer,
            add column floor_price numeric(18, 4),
            add column refunded_quantity numeric(18, 4) not null default 0,
            add column refunded numeric(18, 4) not null default 0,
            add column properties jsonb not null default '{}';
        create table order_refund (
            id bigint generated always as identity primary key,
            order_id bigint not null references sales_order (id) on delete cascade,
            reference text,
            reason text not null default '',
            lines jsonb not null,
            asked jsonb not null,
            amount numeric(18, 4) not null,
            delivery numeric(18, 4) not null default 0,
            author text not null,
            created_at timestamptz not null,
            constraint uq_order_refund_order_id_reference unique (order_id, reference)
        );
        drop table market_import;
        create table market_import (
            id integer generated always as identity primary key,
            kind text not null check (kind in ('products', 'skus', 'orders')),
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
            author text not null,
            created_at timestamptz not null,
            updated_at timestamptz not null,
            finished_at timestamptz
        );
        create table market_import_reject (
            import_id integer not null references market_import (id) on delete cascade,
            line bigint not null,
            error text not null,
            cells text[] not null,
            primary key (import_id, line)
        );
        """
    )
    names = [item.strip().split(" ", 1) for item in _CURRENCIES.replace("\n", "|").split("|") if item.strip()]
    values = ", ".join("('{}', '{}', {})".format(c, n.replace("'", "''"), c in _COMMON.split()) for c, n in names)
    op.execute(f"insert into market_currency (code, name, active) values {values}")
    # What orders and products of before name goes on to be known: currencies, channels, statuses of lines.
    op.execute(
        """
        insert into market_currency (code, name, active)
        select code, code, true
        from (select currency as code from sales_order union select currency from product where currency is not null) k
        where code ~ '^[A-Z]{3}$'
        on conflict (code) do update set active = true;
        insert into market_channel (database_id, external_id, name, kind, created_at, updated_at)
        select distinct database_id, channel, channel, 'online', now(), now() from sales_order where channel <> '';
        insert into market_line_status (external_id, name, kind, created_at, updated_at)
        select distinct status, status, 'in_process', now(), now() from order_line
        where status not in ('', 'new', 'processing', 'delivering', 'delivered', 'cancelled', 'refunded');
        """
    )
