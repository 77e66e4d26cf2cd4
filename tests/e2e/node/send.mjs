// Sends what a shop's server would, with the public library as it is: node send.mjs URL WRITE_KEY
import { Analytics } from '@segment/analytics-node'

const [host, writeKey] = process.argv.slice(2)
const analytics = new Analytics({ writeKey, host, flushAt: 3 })
const failures = []
analytics.on('error', (error) => failures.push(String(error.reason ?? error.code)))

analytics.identify({ userId: 'node-1', traits: { email: 'Node@Example.com', firstName: 'Noor', plan: 'gold' } })
analytics.track({ anonymousId: 'visitor-1', event: 'Product Viewed', properties: { sku: 'A-1' } })
analytics.alias({ userId: 'node-1', previousId: 'visitor-1' })
analytics.page({ userId: 'node-1', name: 'Cart', properties: { url: 'https://shop.example/cart', path: '/cart' } })
for (let n = 0; n < 20; n++) {
  analytics.track({
    userId: 'node-1',
    event: 'Order Completed',
    messageId: `node-order-${n}`,
    properties: { order_id: `o-${n}`, total: 12.5 + n, products: [{ sku: 'A-1', quantity: 2 }] },
    timestamp: new Date(Date.now() - 60_000),
  })
}
await analytics.closeAndFlush({ timeout: 20_000 })
if (failures.length) {
  console.error(failures.join('\n'))
  process.exit(1)
}
