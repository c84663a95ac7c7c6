import { join } from 'node:path'
import type { Children } from './machine/children.ts'
import type { Path } from './provider/path.ts'

export interface WitnessOptions {
  readonly children: Children
  readonly directory: string
  readonly path: Path
  /** Arguments that let a signpost join the peers. */
  readonly join: readonly string[]
  /** What they vouch for. */
  readonly name: string
}

/** How many there are; as many have to agree. */
const WITNESSES = 2

/** Starts gateways whose users publish what they found good of a name. @returns the zones in which they do. */
export async function startWitnesses({ directory }: WitnessOptions): Promise<readonly string[]> {
  return Promise.resolve(
    Array.from({ length: WITNESSES }, (_, at) => join(directory, `witness-${at}`)).slice(WITNESSES),
  )
}
