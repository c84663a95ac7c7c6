/** The domain of the drill, and the name in it that everybody uses. */
export const DOMAIN = 'example.com'
export const SERVICE: string = `api.${DOMAIN}`

/** Seconds that anybody keeps an address: as short as the names of cloud services have it. */
export const TTL = 5

export interface ZoneContent {
  readonly serial: number
  readonly addresses: readonly string[]
  /** Of the zone that the domain's owner signs. */
  readonly pin?: string
}

/** The provider's zone, as a zone file. The name of the service is there without an address, too: that is NODATA. */
export function providerZone({ serial, addresses, pin }: ZoneContent): string {
  return [
    `$ORIGIN ${DOMAIN}.`,
    `$TTL ${TTL}`,
    `@ SOA ns.${DOMAIN}. hostmaster.${DOMAIN}. ${serial} 60 60 3600 ${TTL}`,
    '@ NS ns',
    'ns A 127.0.0.1',
    ...(pin === undefined ? [] : [`_signpost TXT "zone=${pin}"`]),
    'api TXT "kept by automation"',
    ...addresses.map(address => `api A ${address}`),
    '',
  ].join('\n')
}

/** What the owner signs for the same domain: the same service, with no automation in between. */
export function ownersZone(addresses: readonly string[]): string {
  return ['$TTL 60', ...addresses.map(address => `api A ${address}`), ''].join('\n')
}
