import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ResourceRecord } from '../record.ts'
import { rdataOctets } from '../record.ts'
import { printRrType } from '../rr-type.ts'
import { WireReader } from '../wire.ts'

// BIND's reader of zone files, as an oracle for ours.

const LENIENT = ['-k', 'ignore', '-n', 'ignore', '-m', 'ignore', '-M', 'ignore', '-S', 'ignore', '-i', 'none']

/** What named-compilezone makes of a zone file: its own text, and its records in wire form. */
export interface CompiledZone {
  readonly full: string
  readonly relative: string
  /** One line a record: owner in lower case, TTL, type, octets. Sorted. */
  readonly records: readonly string[]
}

/** @param files the zone file itself under `zone`, and files that it includes. @throws Error with what named says */
export function compileZone(origin: string, files: Readonly<Record<string, string>>): CompiledZone {
  const directory = mkdtempSync(join(tmpdir(), 'signpost-zone-'))
  try {
    for (const [file, text] of Object.entries(files)) writeFileSync(join(directory, file), text)
    const compile = (...options: string[]): string => {
      const args = [...LENIENT, ...options, '-w', directory, '-o', 'out', origin, 'zone']
      const { status, stdout, stderr, error } = spawnSync('named-compilezone', args, { encoding: 'utf8' })
      if (status !== 0) throw new Error(error?.message ?? stdout + stderr)
      return join(directory, 'out')
    }
    return {
      full: readFileSync(compile('-s', 'full'), 'utf8'),
      relative: readFileSync(compile('-s', 'relative'), 'utf8'),
      records: readRaw(readFileSync(compile('-F', 'raw'))),
    }
  } finally {
    rmSync(directory, { recursive: true })
  }
}

/** BIND's raw format: a header of 24 octets, then RRsets, each with its own length in front. */
function readRaw(raw: Uint8Array): string[] {
  const reader = new WireReader(raw, 24)
  const lines: string[] = []
  while (reader.remaining > 0) {
    reader.octets(4 + 2) // length of the set, class
    const type = reader.u16()
    reader.u16() // type covered
    const ttl = reader.u32()
    const count = reader.u32()
    reader.u16()
    const owner = reader.name()
    for (let n = 0; n < count; n++) {
      const octets = reader.octets(reader.u16())
      lines.push(`${owner.toString().toLowerCase()} ${ttl} ${printRrType(type)} ${hex(octets)}`)
    }
  }
  return lines.sort()
}

/** Our records as {@link CompiledZone.records} has them. */
export function linesOf(records: readonly ResourceRecord[]): string[] {
  const lines = records.map(
    ({ name, ttl, type, rdata }) =>
      `${name.toString().toLowerCase()} ${ttl} ${printRrType(type)} ${hex(rdataOctets(type, rdata))}`,
  )
  return [...new Set(lines)].sort()
}

const hex = (octets: Uint8Array): string => Buffer.from(octets).toString('hex')
