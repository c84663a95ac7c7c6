import type { KeyObject } from 'node:crypto'
import { type Zone, zoneRecords } from '@signpost/core'
import { printZoneFile } from '@signpost/dns'
import { judge } from '../collecting/judgement.ts'
import { accessNode } from '../node-access.ts'
import { runPublication } from '../publication.ts'
import { cut } from '../refusal.ts'
import type { Run } from '../run.ts'
import { zoneDiff } from '../zone/zone-diff.ts'
import { printSize, sizeOfZone } from '../zone/zone-size.ts'
import { NothingToMirrorError, SourceFailedError } from './errors.ts'
import { type MirrorLook, decisiveFailures, lookOf } from './mirroring.ts'
import type { MirrorFlags } from './request.ts'
import type { Records } from './source.ts'
import { standingOf } from './standing.ts'
import { type Task, checkSize, jsonOf, notesOf, pinLines, pinOf, printNotes } from './task.ts'

/** @throws SourceFailedError */
async function readOnce({ source }: Task, stop: AbortSignal): Promise<Records> {
  const reading = await source.read(stop)
  if (reading.kind === 'failed') throw new SourceFailedError(source.name, [reading.reason])
  return reading
}

/** What to publish of a reading at once, over what stands. Losses are meant here: a person asks for them. */
function contentOf(
  task: Task,
  reading: Records,
  standing: Zone | undefined,
): { zone: Zone; look: MirrorLook } {
  const look = lookOf(task, reading, standing)
  const failures = standing === undefined ? decisiveFailures(reading) : []
  if (failures.length > 0)
    throw new SourceFailedError(
      task.source.name,
      failures.map(({ reason }) => reason),
    )
  const { content, held } = judge(look.look, {
    standing,
    doubts: new Map(),
    now: 0,
    patience: 0,
    longestGap: 0,
    confirmed: true,
  })
  if (content === undefined || held.some(({ why }) => why === 'empty'))
    throw new NothingToMirrorError(task.domain.toString(), task.source.name)
  return { zone: content, look }
}

/** Publishes the domain as it is now. What was lost is refused by the publication, unless it is little or forced. */
export async function publishOnce(run: Run<MirrorFlags>, task: Task, key: KeyObject): Promise<void> {
  const { flags, stop } = run
  const reading = await readOnce(task, stop)
  // Whatever is wrong with it is said before a node starts.
  const early = lookOf(task, reading, undefined)
  const notes = await notesOf(task, reading, early)
  printNotes(run, notes)
  if (early.zone !== undefined) checkSize(run, task, early.zone)
  const pin = await pinOf(task, reading)
  const { publish } = await import('@signpost/node')
  await runPublication(run, {
    key,
    zone: flags.key,
    retry: { rebase: 'no help', allTheSame: 'where the domain has all of that' },
    more: { json: jsonOf(task, early, notes, pin), lines: pinLines(run, task, pin) },
    publish: async (client, request, options) => {
      const standing = await standingOf(client, task.zoneId, stop)
      const { zone } = contentOf(task, reading, standing.kind === 'zone' ? standing.zone : undefined)
      checkSize(run, task, zone)
      return publish(client, { ...request, content: zone }, options)
    },
  })
}

/** Shows what would be published. */
export async function showMirror(run: Run<MirrorFlags>, task: Task): Promise<void> {
  const { terminal, stop } = run
  const reading = await readOnce(task, stop)
  await using node = await accessNode(run)
  const standing = await standingOf(node.client, task.zoneId, stop)
  const before = standing.kind === 'zone' ? standing.zone : undefined
  const { zone, look } = contentOf(task, reading, before)
  const notes = await notesOf(task, reading, look)
  const pin = await pinOf(task, reading)
  const text = printZoneFile(zoneRecords(zone), { origin: zone.apex })
  const diff = zoneDiff(before, zone)
  const size = sizeOfZone(zone)
  if (terminal.json)
    return terminal.jsonData({
      zoneId: task.zoneId,
      zone: text,
      ...size,
      standing: standing.kind === 'zone' ? standing.sequence : null,
      added: diff.added,
      removed: diff.removed,
      ...jsonOf(task, look, notes, pin),
    })
  terminal.data(text.trimEnd())
  printNotes(run, notes)
  const since = standing.kind === 'zone' ? `sequence ${standing.sequence}` : 'nothing that is known here'
  terminal.note(`\nsize: ${printSize(size)}`)
  terminal.note(diff.lines.length === 0 ? `no change since ${since}` : `changes since ${since}:`)
  for (const line of cut(diff.lines)) terminal.note(line)
  for (const line of pinLines(run, task, pin)) terminal.note(line)
  terminal.note('\nNothing was published.')
  checkSize(run, task, zone)
}
