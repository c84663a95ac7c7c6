export function hex(octets: Uint8Array): string {
  return Buffer.from(octets).toString('hex')
}

export function fromHex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'hex'))
}
