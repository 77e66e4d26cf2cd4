/** For each member of the language: a rule without it, what a person does, and the rule with it. Used by the tests. */
import type { Json } from './tree';
import type { Vocabulary } from './vocabulary';

const operator = (key: string, label: string, shape: string, types: string[], values = ['literal', 'field']) => ({ key, label, shape, types, sentence: '', negative: '', values });
const numbers = ['integer', 'float', 'decimal'], times = ['date', 'datetime'];
const operators = [
  operator('eq', 'is', 'one', ['string', ...numbers, ...times]), operator('in', 'is one of', 'list', ['string'], ['literal', 'field', 'source']), operator('gte', 'is at least', 'one', numbers), operator('gt', 'is more than', 'one', numbers),
  operator('lte', 'is at most', 'one', numbers), operator('between', 'is between', 'range', numbers, ['literal']), operator('matches', 'matches', 'pattern', ['string'], ['literal']), operator('is_missing', 'has no value', 'none', ['string'], []),
  operator('before', 'is before', 'when', times), operator('in_last', 'is in the last', 'duration', times, ['literal']), operator('in_subnet', 'is in the network', 'network', ['ip'], ['literal']), operator('ne', 'is not', 'one', numbers),
];
const field = (name: string, label: string, type: string) => ({ name, label, type, category: 'Person', live: true, nullable: true, unit: '', description: '', options: [], operators: operators.filter((o) => o.types.includes(type)).map((o) => o.key) });
const kind = (key: string, label: string, groups: string[] = []) => ({ key, subject: 'profile', of: 'profile', label, groups, choices: [{ value: '3', label: 'Winter' }], states: ['now', 'ever', 'left'], entries: true });

export const vocabulary = {
  subject: 'profile', categories: [], operators, property_types: ['string', 'float', 'datetime'], counts: ['gte', 'lte', 'between', 'ne'],
  rows: { takes: ['latest', 'first', 'nth'], most: 10000, calendars: ['day', 'month', 'quarter'], offsets: 1000, distinct: ['string'], figures: ['gt', 'gte'], figure_types: numbers, since: ['custom.cart'] },
  types: [['string', 'text', ['string']], ['decimal', 'amount', numbers], ['datetime', 'moment', times], ['float', 'number', numbers], ['ip', 'address', ['ip']]].map(([key, label, fits]) => ({ key, label, fits })),
  fields: [field('profile.city', 'City', 'string'), field('profile.home', 'Home town', 'string'), field('profile.ip', 'Address', 'ip'), field('profile.created_at', 'Created', 'datetime'), field('profile.spent', 'Spent', 'decimal')],
  events: [{ name: 'custom.cart', label: 'Cart', category: 'Custom events', live: false, open: true, one: 'cart', many: 'carts', properties: [] }],
  links: [{ name: 'orders', label: 'Orders', category: 'Orders and products', live: false, of: 'profile', to: 'order', time: 'order.created_at', times: ['created_at', 'paid_at'], open: false, prefix: 'order', one: 'order', many: 'orders',
    fields: [field('order.total', 'Total', 'decimal'), field('order.status', 'Status', 'string'), field('order.created_at', 'Created', 'datetime'), field('order.paid_at', 'Paid', 'datetime')] }],
  measures: ['sum', 'avg'].map((fn) => ({ fn, label: fn === 'sum' ? 'the sum of' : 'the average of', types: numbers, operators: { decimal: ['gt', 'gte'], float: ['gt', 'gte'] }, results: { decimal: 'decimal', float: 'decimal' }, ordered: false })),
  memberships: [kind('segment', 'Segment'), kind('campaign', 'Campaign', ['test', 'control']), kind('scenario', 'Scenario'), kind('program', 'Loyalty program'), kind('global_control', 'Control group')],
  sources: [{ list: 31, title: 'Newsletter', type: 'string', rows: null, table: '', column: '', live: true }, { list: null, title: 'Stores: city', type: 'string', rows: null, table: 'stores', column: 'city', live: true }],
} as unknown as Vocabulary;

/** One deed: press a button or a menu's entry, choose or type into a control, pick in the list of what a rule can ask. */
export type Deed = readonly ['press', string] | readonly ['set', string, string] | readonly ['pick', string] | readonly ['chips', string, string];
export type Case = readonly [from: Json | null, deeds: readonly Deed[], to: Json];

const orders = (more: Json = {}): Json => ({ kind: 'related', link: 'orders', ...more });
const carts = (more: Json = {}): Json => ({ kind: 'occurred', event: 'custom.cart', ...more });
const city = (more: Json = {}): Json => ({ kind: 'compare', field: 'profile.city', op: 'in', value: ['Oslo'], ...more });
const narrow: Deed = ['press', 'Narrow or sum up orders'], other: Deed = ['press', 'Compare City with something else'];
const status = { kind: 'compare', field: 'order.status', op: 'eq', value: 'paid' };
const addStatus: Deed[] = [['pick', 'Status'], ['set', 'How Status compares', 'eq'], ['set', 'Value of Status', 'paid']];
const figure = (more: Json = {}): Json => orders({ count: { op: 'gt', value: { figure: { link: 'orders', ...more } } } });
const inFigure: Deed = ['press', 'Narrow the figure’s orders'];
const member = (of: Json, more: Json = {}): Json => ({ kind: 'member', of, ...more });

export const cases: Readonly<Record<string, Case>> = {
  'all.of': [{ kind: 'any', of: [city(), orders()] }, [['set', 'How Include combines its rules', 'all']], { kind: 'all', of: [city(), orders()] }],
  'any.of': [{ kind: 'all', of: [city(), orders()] }, [['set', 'How Include combines its rules', 'any']], { kind: 'any', of: [city(), orders()] }],
  'not.of': [{ kind: 'all', of: [city(), orders()] }, [['set', 'How Include combines its rules', 'none']], { kind: 'not', of: { kind: 'any', of: [city(), orders()] } }],
  always: [null, [['press', 'Add a rule: Include'], ['pick', 'Everybody']], { kind: 'always' }],
  'compare.field': [null, [['press', 'Add a rule: Include'], ['pick', 'City'], ['chips', 'Value of City', 'Oslo']], city()],
  'compare.op': [city(), [['set', 'How City compares', 'eq']], city({ op: 'eq', value: 'Oslo' })],
  'compare.value': [city({ op: 'eq' }), [['set', 'Value of City', 'Voss']], city({ op: 'eq', value: 'Voss' })],
  'compare.case': [city(), [other, ['press', 'Tell upper from lower case']], city({ case: true })],
  'compare.as': [carts({ where: { kind: 'compare', field: 'event.paid', op: 'eq', value: 'x' } }), [['set', 'Compared as', 'float'], ['set', 'Value of paid', '12']], carts({ where: { kind: 'compare', field: 'event.paid', op: 'eq', value: 12, as: 'float' } })],
  'occurred.event': [null, [['press', 'Add a rule: Include'], ['pick', 'Cart']], carts({ within: { last: 'P30D' } })],
  'occurred.count': [carts(), [['set', 'Number of carts', '3']], carts({ count: { op: 'gte', value: 3 } })],
  'occurred.measure': [carts(), [['press', 'Narrow or sum up carts'], ['press', 'And the sum, average, first, last…'], ['set', 'of: name of the property', 'paid'], ['set', 'Value of paid', '9']], carts({ measure: { fn: 'sum', of: 'paid', op: 'gte', value: '9' } })],
  'occurred.take': [carts(), [['press', 'Narrow or sum up carts'], ['press', 'Only the last or first few carts…']], carts({ take: { latest: 5 } })],
  'occurred.where': [carts(), [['press', 'Narrow or sum up carts'], ['press', 'Only carts where…'], ['pick', 'paid'], ['set', 'How paid compares', 'eq'], ['set', 'Value of paid', 'x']], carts({ where: { kind: 'compare', field: 'event.paid', op: 'eq', value: 'x', as: 'string' } })],
  'occurred.within': [carts(), [['set', 'When', 'last']], carts({ within: { last: 'P30D' } })],
  'related.link': [null, [['press', 'Add a rule: Include'], ['pick', 'Orders']], orders()],
  'related.count': [orders(), [['set', 'How many orders', 'lte'], ['set', 'Number of orders', '2']], orders({ count: { op: 'lte', value: 2 } })],
  'related.measure': [orders(), [narrow, ['press', 'And the sum, average, first, last…'], ['set', 'Value of Total', '9']], orders({ measure: { fn: 'sum', of: 'total', op: 'gte', value: '9' } })],
  'related.take': [orders(), [narrow, ['press', 'Only the last or first few orders…']], orders({ take: { latest: 5 } })],
  'related.where': [orders(), [narrow, ['press', 'Only orders where…'], ...addStatus], orders({ where: status })],
  'related.within': [orders(), [['set', 'When', 'calendar']], orders({ within: { calendar: 'month' } })],
  'within.last': [orders({ within: { last: 'P30D' } }), [['set', 'the last', '7']], orders({ within: { last: 'P7D' } })],
  'within.from': [orders(), [['set', 'When', 'from'], ['set', 'From this day', '2026-01-01']], orders({ within: { from: '2026-01-01' } })],
  'within.to': [orders(), [['set', 'When', 'to'], ['set', 'Before this day', '2026-01-01'], ['press', 'Before this day: at a time of that day']], orders({ within: { to: '2026-01-01T12:00:00Z' } })],
  'within.calendar': [orders({ within: { calendar: 'month' } }), [['set', 'Calendar span', 'quarter -1']], orders({ within: { calendar: 'quarter', offset: -1 } })],
  'within.offset': [orders({ within: { calendar: 'month' } }), [['set', 'Calendar span', 'other'], ['set', 'How many spans away', '7'], ['set', 'Kind of span', 'day'], ['set', 'Before or after the present one', 'after']], orders({ within: { calendar: 'day', offset: 7 } })],
  'within.by': [orders({ within: { last: 'P30D' } }), [narrow, ['press', 'By another date of the row…']], orders({ within: { last: 'P30D', by: 'paid_at' } })],
  'within.since': [orders(), [['set', 'When', 'since'], ['set', 'Event', 'custom.cart']], orders({ within: { since: { event: 'custom.cart', which: 'last' } } })],
  'since.event': [orders(), [['set', 'When', 'since'], ['set', 'Event', 'custom.cart']], orders({ within: { since: { event: 'custom.cart', which: 'last' } } })],
  'since.which': [orders({ within: { since: { event: 'custom.cart' } } }), [['set', 'Which time', 'first']], orders({ within: { since: { event: 'custom.cart', which: 'first' } } })],
  'since.where': [orders({ within: { since: { event: 'custom.cart' } } }), [narrow, ['press', 'Since only a cart where…'], ['pick', 'paid'], ['set', 'How paid compares', 'eq'], ['set', 'Value of paid', 'x']],
    orders({ within: { since: { event: 'custom.cart', where: { kind: 'compare', field: 'event.paid', op: 'eq', value: 'x', as: 'string' } } } })],
  'take.latest': [orders({ take: { latest: 5 } }), [['set', 'How many orders are looked at', '3']], orders({ take: { latest: 3 } })],
  'take.first': [orders({ take: { latest: 5 } }), [['set', 'Which rows are looked at', 'first'], ['set', 'How many orders are looked at', '2']], orders({ take: { first: 2 } })],
  'take.nth': [orders({ take: { latest: 5 } }), [['set', 'Which rows are looked at', 'nth'], ['set', 'How many orders are looked at', '2']], orders({ take: { nth: 2 } })],
  'take.by': [orders({ take: { latest: 5 } }), [narrow, ['press', 'In the order of another date…']], orders({ take: { latest: 5, by: 'paid_at' } })],
  'take.among': [orders({ take: { latest: 5 } }), [narrow, ['press', 'Choose them among orders where…'], ...addStatus], orders({ take: { latest: 5, among: status } })],
  'count.op': [orders(), [['set', 'How many orders', 'ne']], orders({ count: { op: 'ne', value: 1 } })],
  'count.value': [orders(), [['set', 'How many orders', 'between'], ['set', 'Least number of orders', '2']], orders({ count: { op: 'between', value: [2, 10] } })],
  'count.distinct': [orders(), [narrow, ['press', 'Count different values of…']], orders({ count: { op: 'gte', value: 1, distinct: 'status' } })],
  'measure.fn': [orders({ measure: { fn: 'sum', of: 'total', op: 'gte', value: '9' } }), [['set', 'Figure', 'avg']], orders({ measure: { fn: 'avg', of: 'total', op: 'gte', value: '9' } })],
  'measure.of': [carts({ measure: { fn: 'sum', of: 'paid', op: 'gte', value: '9' } }), [['set', 'of: name of the property', 'points']], carts({ measure: { fn: 'sum', of: 'points', op: 'gte', value: '9' } })],
  'measure.op': [orders({ measure: { fn: 'sum', of: 'total', op: 'gte', value: '9' } }), [['set', 'How the figure compares', 'gt']], orders({ measure: { fn: 'sum', of: 'total', op: 'gt', value: '9' } })],
  'measure.value': [orders({ measure: { fn: 'sum', of: 'total', op: 'gte', value: '9' } }), [narrow, ['press', 'Compare the figure with another…']], orders({ measure: { fn: 'sum', of: 'total', op: 'gt', value: { figure: { link: 'orders', within: { calendar: 'quarter', offset: -1 }, fn: 'sum', of: 'total' } } } })],
  'figure.event': [figure(), [['set', 'Rows of the figure', 'event:custom.cart']], orders({ count: { op: 'gt', value: { figure: { event: 'custom.cart' } } } })],
  'figure.link': [orders({ count: { op: 'gt', value: { figure: { event: 'custom.cart' } } } }), [['set', 'Rows of the figure', 'link:orders']], figure()],
  'figure.fn': [figure({ of: 'total' }), [['set', 'Figure to compare with', 'sum']], figure({ of: 'total', fn: 'sum' })],
  'figure.of': [figure({ fn: 'sum' }), [['set', 'Figure of', 'total']], figure({ fn: 'sum', of: 'total' })],
  'figure.within': [figure(), [['set', 'When (figure)', 'last']], figure({ within: { last: 'P30D' } })],
  'figure.take': [figure(), [inFigure, ['press', 'Only the last or first few orders…']], figure({ take: { latest: 5 } })],
  'figure.where': [figure(), [inFigure, ['press', 'Only orders where…'], ...addStatus], figure({ where: status })],
  'member.of': [null, [['press', 'Add a rule: Include'], ['pick', 'In a segment'], ['set', 'Segment', '3']], member({ segment: 3 })],
  'member.state': [member({ segment: 3 }), [['set', 'In or not in the segment', 'left.yes']], member({ segment: 3 }, { state: 'left' })],
  'member.count': [member({ segment: 3 }), [['press', 'Narrow the membership'], ['press', 'How often it was entered…'], ['set', 'Number of times', '4']], member({ segment: 3 }, { count: { op: 'gte', value: 4 } })],
  'member.within': [member({ segment: 3 }), [['press', 'Narrow the membership'], ['press', 'Entered in a time…']], member({ segment: 3 }, { within: { last: 'P30D' } })],
  'member_of.segment': [member({ segment: 4 }), [['set', 'Segment', '3']], member({ segment: 3 })],
  'member_of.campaign': [member({ campaign: 4 }), [['set', 'Campaign', '3']], member({ campaign: 3 })],
  'member_of.group': [member({ campaign: 3 }), [['set', 'Which group', 'control']], member({ campaign: 3, group: 'control' })],
  'member_of.scenario': [member({ scenario: 4 }), [['set', 'Scenario', '3']], member({ scenario: 3 })],
  'member_of.program': [member({ program: 4 }), [['set', 'Loyalty program', '3']], member({ program: 3 })],
  'member_of.global_control': [null, [['press', 'Add a rule: Include'], ['pick', 'In the control group']], member({ global_control: true })],
  'value_field.field': [city(), [other, ['press', 'Home town']], city({ value: { field: 'profile.home' } })],
  'value_field.as': [carts({ where: city() }), [other, ['press', 'A property of the cart…'], ['set', 'Name of the property that City is compared with', 'town'], ['set', 'Compared as', 'string']], carts({ where: city({ value: { field: 'event.town', as: 'string' } }) })],
  'value_list.list': [city(), [other, ['press', 'Newsletter']], city({ value: { list: 31 } })],
  'value_column.table': [city(), [other, ['press', 'Stores: city']], city({ value: { table: 'stores', column: 'city' } })],
  'value_column.column': [city({ value: { list: 31 } }), [['set', 'What City is compared with', 'table:stores:city']], city({ value: { table: 'stores', column: 'city' } })],
  'shapes.none': [city(), [['set', 'How City compares', 'is_missing']], { kind: 'compare', field: 'profile.city', op: 'is_missing' }],
  'shapes.one': [city(), [['set', 'How City compares', 'eq'], ['set', 'Value of City', 'Voss']], city({ op: 'eq', value: 'Voss' })],
  'shapes.list': [city(), [['chips', 'Value of City', 'Bergen']], city({ value: ['Oslo', 'Bergen'] })],
  'shapes.pattern': [city(), [['set', 'How City compares', 'matches'], ['set', 'Value of City', '^O']], city({ op: 'matches', value: '^O' })],
  'shapes.range': [null, [['press', 'Add a rule: Include'], ['pick', 'Spent'], ['set', 'How Spent compares', 'between'], ['set', 'Value of Spent, from', '1'], ['set', 'Value of Spent, to', '2']], { kind: 'compare', field: 'profile.spent', op: 'between', value: ['1', '2'] }],
  'shapes.when': [null, [['press', 'Add a rule: Include'], ['pick', 'Created'], ['set', 'How Created compares', 'before'], ['set', 'Value of Created', '2026-01-02']], { kind: 'compare', field: 'profile.created_at', op: 'before', value: '2026-01-02' }],
  'shapes.duration': [null, [['press', 'Add a rule: Include'], ['pick', 'Created'], ['set', 'How Created compares', 'in_last'], ['set', 'Value of Created', '9']], { kind: 'compare', field: 'profile.created_at', op: 'in_last', value: 'P9D' }],
  'shapes.network': [null, [['press', 'Add a rule: Include'], ['pick', 'Address'], ['set', 'Value of Address', '192.0.2.0/24']], { kind: 'compare', field: 'profile.ip', op: 'in_subnet', value: '192.0.2.0/24' }],
};

/** Members that no person chooses, each with the reason. */
export const silent: Readonly<Record<string, string>> = { 'member.subject': 'the place of a rule says whose belonging it is' };
