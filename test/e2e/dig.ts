import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { type ResourceRecord, parseZoneFile, printRdata, printRrType } from '@signpost/dns'

const run = promisify(execFile)

export interface At {
  readonly host: string
  readonly port: number
}

export function endpoint(text: string): At {
  const [, host, port] = /^\[?([^\]]*)\]?:(\d+)$/.exec(text) as unknown as [string, string, string]
  return { host, port: Number(port) }
}

/** What dig or kdig prints as the answer section, read as records. */
export async function ask(
  tool: 'dig' | 'kdig',
  at: At,
  name: string,
  type: string,
  flags: readonly string[] = [],
): Promise<ResourceRecord[]> {
  const { stdout } = await run(tool, [
    `@${at.host}`,
    '-p',
    String(at.port),
    name,
    type,
    '+noall',
    '+answer',
    '+time=10',
    tool === 'dig' ? '+tries=1' : '+retry=0',
    ...flags,
  ])
  return parseZoneFile(stdout)
}

/**
 * All of dig's output: status, flags, extended errors.
 * @param prefix a program and arguments of it that stand before dig, as for a network namespace.
 */
export async function digFull(
  at: At,
  name: string,
  type: string,
  flags: readonly string[] = [],
  prefix: readonly string[] = [],
): Promise<string> {
  const [program, ...args] = [...prefix, 'dig']
  const { stdout } = await run(program, [
    ...args,
    `@${at.host}`,
    '-p',
    String(at.port),
    name,
    type,
    '+time=10',
    '+tries=1',
    ...flags,
  ])
  return stdout
}

/** Records as comparable lines: names in lower case, TTL left out, in order. */
export function lines(records: Iterable<ResourceRecord>): string[] {
  return Array.from(
    records,
    ({ name, type, rdata }) =>
      `${name.toString().toLowerCase()} ${printRrType(type)} ${printRdata(type, rdata)}`,
  ).sort()
}
