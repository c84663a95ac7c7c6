import type { Children } from './machine/children.ts'
import { Signpost } from './machine/signpost.ts'
import { ownersZone } from './provider/zone-text.ts'

/** What the owner of the domain does, once: signs the zone and gives it to peers. @returns its zone ID. */
export async function publishOwnersZone(
  children: Children,
  directory: string,
  addresses: readonly string[],
  join: readonly string[],
): Promise<string> {
  const owner = new Signpost(children, directory)
  const file = await owner.file('owner.zone', ownersZone(addresses))
  await owner.run('key', 'new', 'owner')
  const { zoneId } = await owner.json<{ zoneId: string }>('publish', file, '--key', 'owner', ...join)
  return zoneId
}
