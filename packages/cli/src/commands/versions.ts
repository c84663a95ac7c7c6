import type { Command } from 'commander'
import { type ZoneId, zoneIn } from '@signpost/core'
import type { PastRecord, ResolvePolicy } from '@signpost/node'
import { checkKeyName } from '../keys/key-name.ts'
import { accessNode } from '../node-access.ts'
import { type NodeFlags, policyOption, valueOption, withNodeOptions } from '../options.ts'
import {
  type PublicationFlags,
  openKey,
  parseSequence,
  runPublication,
  withPublicationOptions,
} from '../publication.ts'
import { type Run, type Surroundings, beginRun } from '../run.ts'
import { WHICH_ZONE, keyNamed, zoneNamed } from '../whose-zone.ts'
import { type Version, jsonVersion, loadVersion, nameOfVersion, pastOf } from '../zone/version.ts'
import { zoneDiff } from '../zone/zone-diff.ts'

type DiffFlags = NodeFlags & { readonly policy: ResolvePolicy }
type RollbackFlags = PublicationFlags & { readonly key?: string }

/** The commands about earlier versions of own zones, in the order in which help lists them. */
export function addVersionCommands(program: Command, surroundings: Surroundings): void {
  withNodeOptions(program.command('history').argument('<zone>', WHICH_ZONE), 'client')
    .description('list the versions of an own zone, the newest first')
    .addHelpText('after', '\nExample:\n  $ signpost history alice')
    .action(async (zone: string, _flags, command: Command) => {
      await listHistory(beginRun(surroundings, command), zone)
    })

  const diffing = program
    .command('diff')
    .description('show what two versions of a zone differ in')
    .argument('<zone>', WHICH_ZONE)
    .argument('[from]', 'a sequence, or a zone file (default: what was published here last)')
    .argument('[to]', 'a sequence, or a zone file (default: what stands by now)')
    .addOption(policyOption('network-first'))
  withNodeOptions(diffing, 'client')
    .addHelpText(
      'after',
      '\nA zone file alone is compared with what stands: what it would change.\n\nExamples:\n' +
        '  $ signpost diff alice               what was changed elsewhere\n' +
        '  $ signpost diff alice alice.zone    what publishing the file would change\n' +
        '  $ signpost diff alice 3 5',
    )
    .action(
      async (zone: string, from: string | undefined, to: string | undefined, _flags, command: Command) => {
        const run: Run<DiffFlags> = beginRun(surroundings, command)
        await showDiff(run, await zoneNamed(run, zone), from, to)
      },
    )

  const rolling = program
    .command('rollback')
    .description('publish an earlier version of an own zone again, under a new sequence')
    .argument('<zone>', WHICH_ZONE)
    .addArgument(
      program.createArgument('<sequence>', 'the version, as history has it').argParser(parseSequence),
    )
    .option('--force', 'let it take away more than half of the RRsets of what it replaces')
    .addOption(
      valueOption('--key <name>', 'the key to sign with (default: the one of the zone)', checkKeyName),
    )
  withPublicationOptions(rolling)
    .addHelpText('after', '\nExample:\n  $ signpost rollback alice 3')
    .action(async (zone: string, sequence: number, _flags, command: Command) => {
      await rollBack(beginRun(surroundings, command), zone, sequence)
    })
}

async function listHistory(run: Run<NodeFlags>, zone: string): Promise<void> {
  const zoneId = await zoneNamed(run, zone)
  await using node = await accessNode(run)
  const past = await pastOf(node.client, zoneId)
  const entries = past.map((entry, at) => entryOf(entry, past[at - 1])).toReversed()
  if (run.terminal.json) return run.terminal.jsonData({ zoneId, history: entries })
  const rows = entries.map(entry => [
    String(entry.sequence),
    entry.publishedHere ? (entry.rebased ? 'here, rebased' : 'here') : 'elsewhere',
    entry.validUntil.slice(0, 10),
    entry.content === 'zone' ? String(entry.rrsets) : entry.content,
    String(entry.octets),
    `+${entry.added.length} -${entry.removed.length}`,
  ])
  for (const line of columns([
    ['sequence', 'published', 'valid until', 'RRsets', 'octets', 'records'],
    ...rows,
  ]))
    run.terminal.data(line)
  run.terminal.note(
    'what was published elsewhere since the last look is not in it; to look: signpost diff ' + zone,
  )
}

interface HistoryEntry {
  readonly sequence: number
  readonly publishedHere: boolean
  /** Whether it has changes from elsewhere that its publisher's zone file had not. */
  readonly rebased: boolean
  readonly validUntil: string
  readonly ttl: number
  readonly value: string
  readonly content: 'zone' | 'retired' | 'none' | 'damaged'
  readonly rrsets: number
  readonly octets: number
  /** Since the version before it in the history. */
  readonly added: readonly string[]
  readonly removed: readonly string[]
}

function entryOf({ record, publishedHere, draft }: PastRecord, before: PastRecord | undefined): HistoryEntry {
  const zone = zoneIn(record)
  const { added, removed } = zoneDiff(zoneIn(before?.record), zone)
  return {
    sequence: record.sequence,
    publishedHere,
    rebased: draft !== undefined,
    validUntil: record.validity,
    ttl: record.ttl,
    value: record.value,
    content: zone === undefined && record.content.kind === 'zone' ? 'damaged' : record.content.kind,
    rrsets: zone?.sets.length ?? 0,
    octets: record.bytes.length,
    added,
    removed,
  }
}

function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, at) => Math.max(...rows.map(row => row[at]?.length ?? 0))) ?? []
  return rows.map(row =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

async function showDiff(
  run: Run<DiffFlags>,
  zoneId: ZoneId,
  from: string | undefined,
  to: string | undefined,
): Promise<void> {
  const { terminal } = run
  await using node = await accessNode(run)
  // One zone file: what it would change.
  const isFile = from !== undefined && to === undefined && !/^\d+$/.test(from)
  const load = async (text: string | undefined, otherwise: 'base' | 'stands'): Promise<Version> =>
    loadVersion(run, node.client, zoneId, text ?? otherwise)
  const [before, after] = isFile
    ? [await load(undefined, 'stands'), await load(from, 'stands')]
    : [await load(from, 'base'), await load(to, 'stands')]
  const { added, removed, lines } = zoneDiff(before.zone, after.zone)
  if (terminal.json)
    return terminal.jsonData({
      zoneId,
      from: jsonVersion(before),
      to: jsonVersion(after),
      added,
      removed,
      lines,
    })
  for (const line of lines) terminal.data(line)
  const between = `${nameOfVersion(before)} and ${nameOfVersion(after)}`
  terminal.note(lines.length === 0 ? `no difference between ${between}` : `between ${between}`)
}

async function rollBack(run: Run<RollbackFlags>, zone: string, sequence: number): Promise<void> {
  const name = run.flags.key ?? (await keyNamed(run, zone))
  const { rollback } = await import('@signpost/node')
  await runPublication(run, {
    key: await openKey(run, name),
    zone,
    retry: { rebase: 'no help', allTheSame: 'where that shall go all the same' },
    publish: async (client, request, options) => rollback(client, { ...request, sequence }, options),
  })
}
