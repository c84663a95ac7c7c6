import type { Command } from 'commander'
import type { ZoneId } from '@signpost/core'
import type { FollowedZone, ResolveOutcome } from '@signpost/node'
import { NameNotFoundError } from '../errors.ts'
import { type NodeAccess, accessNode } from '../node-access.ts'
import { type NodeFlags, withNodeOptions } from '../options.ts'
import { type Run, type Surroundings, beginRun } from '../run.ts'
import { printOutcome, printProgress } from '../trace.ts'
import { printDuration } from '../values/duration.ts'
import { WHICH_ZONE, zoneNamed } from '../whose-zone.ts'

/** The commands about zones that this node keeps alive for others, in the order in which help lists them. */
export function addFollowCommands(program: Command, surroundings: Surroundings): void {
  withNodeOptions(program.command('follow').argument('<zone>', WHICH_ZONE), 'client')
    .description('keep a zone alive: look for its news, and republish it without its key')
    .addHelpText('after', '\nExample:\n  $ signpost follow k51…')
    .action(async (zone: string, _flags, command: Command) => {
      const run: Run<NodeFlags> = beginRun(surroundings, command)
      await follow(run, await zoneNamed(run, zone))
    })

  withNodeOptions(program.command('unfollow').argument('<zone>', WHICH_ZONE), 'client')
    .description('keep a zone alive no longer')
    .action(async (zone: string, _flags, command: Command) => {
      const run: Run<NodeFlags> = beginRun(surroundings, command)
      await unfollow(run, await zoneNamed(run, zone))
    })

  withNodeOptions(program.command('follows'), 'client')
    .description('list the zones that are followed')
    .action(async (_flags, command: Command) => {
      await listFollows(beginRun(surroundings, command))
    })
}

async function follow(run: Run<NodeFlags>, zoneId: ZoneId): Promise<void> {
  const { terminal, stop } = run
  await using node = await accessNode(run)
  const isNew = await node.followed.follow(zoneId)
  const outcome = await lookFor(run, node, zoneId)
  stop.throwIfAborted()
  if (terminal.json) terminal.jsonData({ zoneId, new: isNew, ...jsonOutcome(outcome) })
  else {
    terminal.data(`${isNew ? 'following' : 'following already'} ${zoneId}`)
    terminal.data(outcome === undefined ? 'not found yet' : printOutcome(outcome))
  }
  if (node.kind === 'own')
    terminal.note(
      '\nNo node runs on this data directory. One that does keeps the zone alive for as long as it runs: signpost up',
    )
}

/** Undefined where the lookup comes to no end: the zone is followed all the same. */
async function lookFor(
  { terminal, logger, stop }: Run<unknown>,
  { client }: NodeAccess,
  zoneId: ZoneId,
): Promise<ResolveOutcome | undefined> {
  try {
    return await client.resolve(zoneId, {
      policy: 'network-first',
      signal: stop,
      onProgress: event => {
        terminal.progress(printProgress(event))
      },
    })
  } catch (error) {
    logger.info('the zone was not found yet', { zoneId, error: String(error) })
    return undefined
  }
}

async function unfollow(run: Run<NodeFlags>, zoneId: ZoneId): Promise<void> {
  await using node = await accessNode(run)
  if (!(await node.followed.unfollow(zoneId))) throw new NameNotFoundError(`${zoneId} is not followed`)
  if (run.terminal.json) run.terminal.jsonData({ zoneId })
  else run.terminal.data(`no longer following ${zoneId}`)
}

async function listFollows(run: Run<NodeFlags>): Promise<void> {
  const { terminal } = run
  await using node = await accessNode(run)
  const follows = await node.followed.follows()
  if (terminal.json) return terminal.jsonData(follows.map(jsonFollowed))
  if (follows.length === 0) terminal.note('no zone is followed; follow one with: signpost follow ZONEID')
  for (const followed of follows) terminal.data(`${followed.zoneId} ${describe(followed, Date.now())}`)
}

function describe({ stored }: FollowedZone, now: number): string {
  if (stored === undefined) return 'not found yet'
  const { record, confirmedAt } = stored
  const left = record.expiresAt - now
  const validity = left < 0 ? `over for ${printDuration(-left)}` : `valid for ${printDuration(left)}`
  const confirmed =
    confirmedAt === undefined
      ? 'never confirmed'
      : `confirmed ${printDuration(Math.max(0, now - confirmedAt))} ago`
  return `sequence ${record.sequence}, ${validity}, ${confirmed}`
}

function jsonFollowed({ zoneId, since, stored }: FollowedZone): object {
  return {
    zoneId,
    since: new Date(since).toISOString(),
    sequence: stored?.record.sequence ?? null,
    validUntil: stored?.record.validity ?? null,
    confirmed: stored?.confirmedAt === undefined ? null : new Date(stored.confirmedAt).toISOString(),
  }
}

function jsonOutcome(outcome: ResolveOutcome | undefined): object {
  if (outcome === undefined) return { outcome: null, sequence: null, validUntil: null }
  const record = 'record' in outcome ? outcome.record : undefined
  return {
    outcome: outcome.kind,
    sequence: record?.sequence ?? null,
    validUntil: record?.validity ?? null,
  }
}
