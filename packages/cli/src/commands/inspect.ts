import { resolve as resolvePath } from 'node:path'
import type { Command } from 'commander'
import {
  type SignedRecord,
  type ZoneId,
  decodeRecord,
  parseZoneId,
  portableVerifier,
  verifyRecord,
  zoneIdFromText,
  zoneIdOfName,
  zoneRecords,
  zoneOf,
} from '@signpost/core'
import { SignpostError, decodeMessage, printZoneFile } from '@signpost/dns'
import type { ResolveOutcome, ResolvePolicy } from '@signpost/node'
import { FileAccessError, NameNotFoundError, NobodyAskedError, UsageError } from '../errors.ts'
import { inputName, readInput } from '../input-file.ts'
import type { Inspection } from '../inspection.ts'
import { writeWholeFile } from '../exclusive-file.ts'
import { accessNode } from '../node-access.ts'
import { type NodeFlags, policyOption, valueOption, withNodeOptions } from '../options.ts'
import { describeRecord, jsonRecord } from '../record-report.ts'
import { type Run, type Surroundings, beginRun } from '../run.ts'
import { printOutcome } from '../trace.ts'
import { NOBODYS_ZONE } from '../zone/zone-text.ts'

interface InspectFlags extends NodeFlags {
  readonly policy: ResolvePolicy
  readonly zone?: ZoneId
  readonly out?: string
}

export function addInspectCommand(program: Command, surroundings: Surroundings): void {
  const inspect = program
    .command('inspect')
    .description('show everything that is known of a signed record')
    .argument('<zoneid|file>', 'a zone ID, or a file that holds the octets of a record; - for standard input')
    .addOption(
      valueOption('--zone <zoneid>', 'whose record the file holds, where that is not in it', parseZoneId),
    )
    .option('--out <file>', 'write the octets of the record to a new file')
    .addOption(policyOption('network-first'))
  withNodeOptions(inspect, 'client')
    .addHelpText(
      'after',
      '\nExamples:\n  $ signpost inspect k51… --out alice.record\n  $ signpost inspect alice.record',
    )
    .action(async (what: string, _flags, command: Command) => {
      const run: Run<InspectFlags> = beginRun(surroundings, command)
      const zoneId = zoneIdFromText(what)
      if (zoneId === undefined) await inspectFile(run, what)
      else await inspectZone(run, zoneId)
    })
}

async function inspectZone(run: Run<InspectFlags>, zoneId: ZoneId): Promise<void> {
  await using node = await accessNode(run)
  const outcome = await node.client.resolve(zoneId, { policy: run.flags.policy, signal: run.stop })
  const local = await node.inspect(zoneId)
  if (outcome.kind === 'absent' && outcome.provenance.asked === 0) throw new NobodyAskedError(zoneId)
  if (outcome.kind === 'absent')
    throw new NameNotFoundError(`no record of ${zoneId} was found; that proves nothing`)
  if (outcome.kind === 'invalid') throw outcome.error
  await writeOut(run, outcome.record)
  const verdict = await verifyRecord(zoneId, outcome.record.bytes, {
    verifier: portableVerifier,
    now: Date.now(),
  })
  if (run.terminal.json)
    return run.terminal.jsonData({
      ...jsonRecord(outcome.record, verdict),
      ...jsonOutcome(outcome),
      ...jsonLocal(local),
    })
  for (const line of describeRecord(outcome.record, verdict)) run.terminal.data(line)
  run.terminal.data(`found     ${printOutcome(outcome)}`)
  for (const line of describeLocal(local)) run.terminal.data(line)
  printZone(run, outcome.record)
}

async function inspectFile(run: Run<InspectFlags>, file: string): Promise<void> {
  const bytes = await readInput(file, run.terminal.streams)
  const zoneId = run.flags.zone ?? zoneIdIn(bytes, inputName(file))
  const verdict = await verifyRecord(zoneId, bytes, { verifier: portableVerifier, now: Date.now() })
  // A record with a bad signature is shown as well: to see what it says is why one inspects.
  const record = verdict.kind === 'invalid' ? decodeRecord(zoneId, bytes) : verdict.record
  await writeOut(run, record)
  if (run.terminal.json) run.terminal.jsonData(jsonRecord(record, verdict))
  else {
    for (const line of describeRecord(record, verdict)) run.terminal.data(line)
    printZone(run, record)
  }
  if (verdict.kind === 'invalid') throw verdict.error
}

/** A record does not name its zone, but the names in the zone do. @throws UsageError */
function zoneIdIn(bytes: Uint8Array, file: string): ZoneId {
  const { content } = decodeRecord(NOBODYS_ZONE, bytes)
  if (content.kind === 'zone') {
    const { answers } = decodeMessage(content.octets)
    const zoneId = answers[0] === undefined ? undefined : zoneIdOfName(answers[0].name)
    if (zoneId !== undefined) return zoneId
  }
  throw new UsageError(`${file} does not say whose record it is; give --zone ZONEID`)
}

async function writeOut({ flags }: Run<InspectFlags>, record: SignedRecord): Promise<void> {
  if (flags.out === undefined) return
  const path = resolvePath(flags.out)
  try {
    await writeWholeFile(path, record.bytes, 'fail')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause
    throw new FileAccessError(`${path} is there already; choose another file`, path, { cause })
  }
}

function printZone({ terminal }: Run<unknown>, record: SignedRecord): void {
  try {
    const zone = zoneOf(record)
    if (zone !== undefined)
      terminal.data(`\n${printZoneFile(zoneRecords(zone), { origin: zone.apex }).trimEnd()}`)
  } catch (error) {
    if (!(error instanceof SignpostError)) throw error
    terminal.note(`warning: ${error.message}`)
  }
}

function jsonOutcome(outcome: Extract<ResolveOutcome, { readonly record: SignedRecord }>): object {
  const { provenance } = outcome
  if (outcome.kind === 'expired') return { freshness: 'expired', provenance }
  const { freshness, confirmedAt } = outcome
  return { freshness, confirmedAt: confirmedAt && new Date(confirmedAt).toISOString(), provenance }
}

function jsonLocal({ stored, floor, own, followed, history, evidence }: Inspection): object {
  return {
    node: {
      sequence: stored?.record.sequence ?? null,
      floor: floor ?? null,
      own,
      followed,
      history,
      evidence: evidence.map(({ sequence, records }) => ({
        sequence,
        records: records.map(record => record.bytes),
      })),
    },
  }
}

function describeLocal({ floor, own, followed, history, evidence }: Inspection): string[] {
  const lines: string[] = []
  if (floor !== undefined) lines.push(`floor     sequence ${floor} is the highest that this node has seen`)
  if (own) lines.push(`own       yes, this node republishes it; ${history.length} versions in its history`)
  if (followed) lines.push('followed  yes, this node looks for its news and republishes it')
  for (const { sequence, records } of evidence)
    lines.push(`conflict  the key signed ${records.length} different records for sequence ${sequence}`)
  return lines
}
