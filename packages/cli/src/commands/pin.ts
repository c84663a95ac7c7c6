import type { ZoneId } from '@signpost/core'
import type { Command } from 'commander'
import { DaemonNotRunningError } from '../daemon/errors.ts'
import { acceptPinIn, pinBookOf, pinsOf, removePinIn, reportsOf } from '../daemon/pins.ts'
import { describePin } from '../describe-pin.ts'
import { NameNotFoundError } from '../errors.ts'
import { findDaemon } from '../node-access.ts'
import { type Run, type Surroundings, beginRun } from '../run.ts'
import { parsePinnedDomain } from '../values/pinned-domain.ts'
import { WHICH_ZONE, zoneNamed } from '../whose-zone.ts'

/** The commands about pins: signed zones that stand in for ordinary domains. */
export function addPinCommands(program: Command, surroundings: Surroundings): void {
  const pin = program
    .command('pin')
    .description('see and decide which signed zones stand in for ordinary domains when DNS fails for them')

  pin
    .command('list')
    .description('list pinned domains, and how it is known that the zone is the right one')
    .action(async (_flags, command: Command) => {
      await list(beginRun(surroundings, command))
    })

  pin
    .command('set')
    .argument('<domain>', 'such as example.com')
    .argument('<zone>', WHICH_ZONE)
    .description('pin a domain to a zone, whatever the domain says')
    .addHelpText('after', '\nExample:\n  $ signpost pin set example.com k51…')
    .action(async (domain: string, zone: string, _flags, command: Command) => {
      const run: Run<unknown> = beginRun(surroundings, command)
      await set(run, parsePinnedDomain(domain), await zoneNamed(run, zone))
    })

  pin
    .command('remove')
    .argument('<domain>')
    .description('forget what a domain is pinned to; what it says itself is looked at anew')
    .action(async (domain: string, _flags, command: Command) => {
      await remove(beginRun(surroundings, command), parsePinnedDomain(domain))
    })

  pin
    .command('accept')
    .argument('<domain>')
    .description('let a domain be pinned to the other zone that it names now')
    .action(async (domain: string, _flags, command: Command) => {
      await accept(beginRun(surroundings, command), parsePinnedDomain(domain))
    })
}

async function list(run: Run<unknown>): Promise<void> {
  const { terminal } = run
  const daemon = await findDaemon(run)
  const pins = daemon === undefined ? reportsOf(await run.pins.list()) : await pinsOf(daemon)
  if (terminal.json) return terminal.jsonData(pins)
  if (pins.length === 0)
    terminal.note('no domain is pinned to a zone yet; a gateway learns pins of domains that have them')
  const now = Date.now()
  for (const pin of pins) terminal.data(describePin(pin, now))
}

async function set(run: Run<unknown>, domain: string, zoneId: ZoneId): Promise<void> {
  const { terminal } = run
  const daemon = await findDaemon(run)
  const isNew = await (daemon === undefined ? run.pins : pinBookOf(daemon)).set(domain, zoneId)
  if (terminal.json) terminal.jsonData({ domain, zoneId, new: isNew })
  else terminal.data(`${domain} is pinned to ${zoneId} ${isNew ? 'now' : 'already'}`)
}

async function remove(run: Run<unknown>, domain: string): Promise<void> {
  const { terminal } = run
  const daemon = await findDaemon(run)
  const { wasKnown, others } =
    daemon === undefined
      ? { wasKnown: await run.pins.remove(domain), others: 0 }
      : await removePinIn(daemon, domain)
  if (!wasKnown && others === 0)
    throw new NameNotFoundError(`${domain} is pinned to no zone; see signpost pin list`)
  if (terminal.json) return terminal.jsonData({ domain, wasKnown, others })
  if (wasKnown) terminal.data(`what ${domain} was pinned to is forgotten`)
  tellOthers(run, others)
}

async function accept(run: Run<unknown>, domain: string): Promise<void> {
  const { terminal } = run
  const daemon = await findDaemon(run)
  if (daemon === undefined) throw new DaemonNotRunningError(run.dataDir)
  const { zoneId, others } = await acceptPinIn(daemon, domain)
  if (zoneId === null && others === 0)
    throw new NameNotFoundError(`${domain} names no other zone than it is pinned to; see signpost pin list`)
  if (terminal.json) return terminal.jsonData({ domain, zoneId, others })
  if (zoneId !== null) terminal.data(`${domain} is pinned to ${zoneId} now`)
  tellOthers(run, others)
}

function tellOthers({ terminal }: Run<unknown>, others: number): void {
  if (others > 0) terminal.data(`${others} other ${others === 1 ? 'gateway' : 'gateways'} told`)
}
