import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { ResourceRecord } from '@signpost/dns'

/** The zone file that comes with the command: in its package, or in the repository that it is run from. */
export function exampleZoneFile(): string {
  const places = ['../../hello.zone', '../../../../examples/hello.zone']
  const paths = places.map(place => fileURLToPath(new URL(place, import.meta.url)))
  return paths.find(path => existsSync(path)) ?? (paths[0] as string)
}

/** The same records with services on another port, where the one that the file names is taken. */
export function withServicePort(
  records: readonly ResourceRecord[],
  from: number,
  to: number,
): ResourceRecord[] {
  return records.map(record =>
    record.rdata.kind === 'SRV' && record.rdata.port === from
      ? { ...record, rdata: { ...record.rdata, port: to } }
      : record,
  )
}
