import { InvalidNameError, type Name, RrType, parseIpv4, parseIpv6, parseName } from '@signpost/dns'
import { HostsTable } from './hosts-table.ts'

/** Lines that are read in one turn of the event loop: some milliseconds of work. */
const SLICE = 500

/**
 * Reads a hosts file (hosts(5)): an address and its names a line, `#` before what is for people. What cannot be read is
 * left out, as other programs do: a file may have what only some of them know.
 * @param pause is awaited between slices.
 */
export async function readHosts(text: string, pause: () => Promise<void>): Promise<HostsTable> {
  const table = new HostsTable()
  let lines = 0
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf('\n', at)
    const next = end === -1 ? text.length : end
    readLine(text.slice(at, next), table)
    at = next + 1
    if (++lines % SLICE === 0) await pause()
  }
  return table
}

function readLine(line: string, table: HostsTable): void {
  const comment = line.indexOf('#')
  const [address = '', ...words] = (comment === -1 ? line : line.slice(0, comment)).trim().split(/\s+/)
  const ipv4 = parseIpv4(address)
  // One with a zone index, as of link-local addresses, is of no use to whoever is on another machine.
  const octets = ipv4 ?? parseIpv6(address)
  if (octets === undefined) return
  table.add(ipv4 === undefined ? RrType.AAAA : RrType.A, octets, words.flatMap(readName))
}

function readName(text: string): Name[] {
  try {
    const name = parseName(text)
    return name.isRoot ? [] : [name]
  } catch (error) {
    if (error instanceof InvalidNameError) return []
    throw error
  }
}
