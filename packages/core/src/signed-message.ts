// "ipns-signature:" (IPNS record specification, "Record verification").
const CONTEXT = Uint8Array.from('ipns-signature:', char => char.charCodeAt(0))

/** The octets that the V2 signature covers. */
export function signedMessage(data: Uint8Array): Uint8Array {
  const message = new Uint8Array(CONTEXT.length + data.length)
  message.set(CONTEXT)
  message.set(data, CONTEXT.length)
  return message
}
