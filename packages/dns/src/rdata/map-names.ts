import { Name } from '../name.ts'
import type { Rdata } from './rdata.ts'

/**
 * The same rdata with every domain name in it replaced; the rdata itself where no name changes. In every type a
 * name is a field of its own. Uninterpreted rdata keeps its octets, whatever they mean.
 */
export function mapRdataNames<R extends Rdata>(rdata: R, map: (name: Name) => Name): R {
  let changed: Record<string, unknown> | undefined
  for (const [key, value] of Object.entries(rdata)) {
    if (!(value instanceof Name)) continue
    const mapped = map(value)
    if (mapped === value) continue
    changed ??= { ...rdata }
    changed[key] = mapped
  }
  return (changed as R | undefined) ?? rdata
}
