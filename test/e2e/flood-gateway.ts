import { createGateway } from '../../packages/gateway/src/index.ts'

// A gateway as a process of its own, so that its memory and its time are its own. It has no node: no zone is found.
const upstreamPort = Number(process.argv[2])
const gateway = await createGateway({
  resolver: { resolve: () => new Promise<never>(() => {}) },
  listen: [{ host: '127.0.0.1', port: 0 }],
  upstreams: [{ host: '127.0.0.1', port: upstreamPort }],
  // One program of this machine may ask as much as it likes; others have the limits that clients elsewhere have.
  unlimited: ['127.0.0.9'],
})
process.on('message', () => {
  // Without what is only not collected yet.
  globalThis.gc?.()
  process.send?.({ stats: gateway.stats(), memory: process.memoryUsage() })
})
process.once('disconnect', () => {
  void gateway.stop()
})
process.send?.({ port: gateway.addresses[0]?.port })
