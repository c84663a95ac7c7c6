import type { Libp2p, Stream, StreamHandler } from '@libp2p/interface'

// What libp2p's class has and its interface leaves out.
interface Registrar {
  getHandler(protocol: string): { readonly handler: StreamHandler; readonly options: object }
}

/**
 * Makes a host take requests of a protocol and answer none, as a machine that was suspended does. Returns what
 * ends it: requests that are held then fail, and later ones are answered.
 */
export async function freezeProtocol(libp2p: Libp2p, protocol: string): Promise<() => Promise<void>> {
  const { registrar } = (libp2p as unknown as { readonly components: { readonly registrar: Registrar } })
    .components
  const { handler, options } = registrar.getHandler(protocol)
  const held: Stream[] = []
  await libp2p.handle(
    protocol,
    stream => {
      held.push(stream)
    },
    { ...options, force: true },
  )
  return async () => {
    await libp2p.handle(protocol, handler, { ...options, force: true })
    for (const stream of held) stream.abort(new Error('the peer was frozen'))
  }
}
