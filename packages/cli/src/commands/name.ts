import type { Command } from 'commander'
import type { ZoneId } from '@signpost/core'
import { NameNotFoundError } from '../errors.ts'
import { petnameBook } from '../node-access.ts'
import { DEFAULT_SUFFIX } from '../options.ts'
import { parsePetname } from '../values/petname.ts'
import { type Run, type Surroundings, beginRun } from '../run.ts'
import { WHICH_ZONE, zoneNamed } from '../whose-zone.ts'

interface AddFlags {
  readonly replace?: boolean
}

/** The commands about petnames: the user's own short names for zone IDs. */
export function addNameCommands(program: Command, surroundings: Surroundings): void {
  const name = program
    .command('name')
    .description('give zones short names of your own, which your gateway and these commands know')

  name
    .command('add')
    .argument('<petname>', 'such as alice')
    .argument('<zone>', WHICH_ZONE)
    .description('call a zone by a short name')
    .option('--replace', 'also where the name stands for another zone')
    .addHelpText('after', `\nExample:\n  $ signpost name add alice k51…\n  $ dig www.alice.${DEFAULT_SUFFIX}`)
    .action(async (petname: string, zone: string, _flags, command: Command) => {
      const run: Run<AddFlags> = beginRun(surroundings, command)
      await add(run, parsePetname(petname), await zoneNamed(run, zone))
    })

  name
    .command('remove')
    .argument('<petname>')
    .description('forget a short name')
    .action(async (petname: string, _flags, command: Command) => {
      await remove(beginRun(surroundings, command), parsePetname(petname))
    })

  name
    .command('list')
    .description('list the short names')
    .action(async (_flags, command: Command) => {
      await list(beginRun(surroundings, command))
    })
}

async function add(run: Run<AddFlags>, petname: string, zoneId: ZoneId): Promise<void> {
  const { flags, terminal } = run
  const isNew = await (await petnameBook(run)).add(petname, zoneId, { replace: flags.replace === true })
  if (terminal.json) terminal.jsonData({ petname, zoneId, new: isNew })
  else terminal.data(`${petname} ${isNew ? 'is now' : 'is already'} ${zoneId}`)
}

async function remove(run: Run<unknown>, petname: string): Promise<void> {
  const { terminal } = run
  if (!(await (await petnameBook(run)).remove(petname)))
    throw new NameNotFoundError(`no zone is called ${petname}`)
  if (terminal.json) terminal.jsonData({ petname })
  else terminal.data(`${petname} is no zone's name any more`)
}

async function list(run: Run<unknown>): Promise<void> {
  const { terminal } = run
  const all = await (await petnameBook(run)).list()
  if (terminal.json) return terminal.jsonData(Object.fromEntries(all))
  if (all.size === 0) terminal.note('no zone has a short name; give one with: signpost name add alice k51…')
  for (const [petname, zoneId] of all) terminal.data(`${petname} ${zoneId}`)
}
