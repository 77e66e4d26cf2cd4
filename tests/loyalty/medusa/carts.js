// Works out carts with the promotion module of Medusa: reads a JSON array from stdin, writes what each line gets off.
// The database is left out: the promotions of a cart are handed to the module as it would have read them.
const { default: PromotionModule } = require('@medusajs/promotion/dist/services/promotion-module');

const exact = (action) => String(action.raw_amount?.value ?? action.amount.raw?.value ?? action.amount.valueOf());

async function workOut({ promotions, codes, context }) {
  const module = Object.create(PromotionModule.prototype);
  module.baseRepository_ = { getFreshManager: () => ({}), serialize: async (found) => found };
  module.listActivePromotions_ = async () => promotions;
  const actions = await module.computeActions(codes, context, { prevent_auto_promotions: true }, {});
  return actions.map((action) => ({
    action: action.action, code: action.code, item: action.item_id ?? null,
    amount: action.amount === undefined ? null : exact(action),
  }));
}

async function main() {
  let text = '';
  for await (const chunk of process.stdin) text += chunk;
  const answers = [];
  for (const cart of JSON.parse(text)) answers.push(await workOut(cart));
  process.stdout.write(JSON.stringify(answers));
}

main();
