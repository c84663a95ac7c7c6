import type { Command } from 'commander'
import { type Zone, type ZoneId, parseZoneId, zoneRecords } from '@signpost/core'
import { printZoneFile } from '@signpost/dns'
import { UsageError } from '../errors.ts'
import { inputName, readInput } from '../input-file.ts'
import { checkKeyName } from '../keys/key-name.ts'
import { valueOption } from '../options.ts'
import { type Run, type Surroundings, beginRun } from '../run.ts'
import { zoneOfText } from '../zone/zone-text.ts'
import { printSize, sizeOfZone } from '../zone/zone-size.ts'
import { zoneWarnings } from '../zone/zone-warnings.ts'

interface WhoseFlags {
  readonly key?: string
  readonly zone?: ZoneId
}

/** `signpost zone …`: zone files, without a network. */
export function addZoneCommands(program: Command, surroundings: Surroundings): void {
  const zone = program.command('zone').description('check and print zone files')

  withWhose(zone.command('check'))
    .description('say whether a zone file could be published, and how much room it takes')
    .argument('<file>', 'the zone file; - for standard input')
    .addHelpText('after', '\nExample:\n  $ signpost zone check alice.zone')
    .action(async (file: string, _flags, command: Command) => {
      await check(beginRun(surroundings, command), file)
    })

  withWhose(zone.command('show'))
    .description('print a zone file in canonical form')
    .argument('<file>', 'the zone file; - for standard input')
    .addHelpText('after', '\nExample:\n  $ signpost zone show alice.zone --key alice')
    .action(async (file: string, _flags, command: Command) => {
      await show(beginRun(surroundings, command), file)
    })
}

function withWhose(command: Command): Command {
  return command
    .addOption(valueOption('--key <name>', 'the key that will sign it (default: any)', checkKeyName))
    .addOption(valueOption('--zone <zoneid>', 'the zone that it is (default: any)', parseZoneId))
}

async function check(run: Run<WhoseFlags>, file: string): Promise<void> {
  const zone = await readZone(run, file)
  const size = sizeOfZone(zone)
  const warnings = zoneWarnings(zone, size)
  const names = new Set(zone.sets.map(set => set.name.key)).size
  const records = zoneRecords(zone).length
  if (run.terminal.json)
    return run.terminal.jsonData({
      file: inputName(file),
      names,
      rrsets: zone.sets.length,
      records,
      octets: size.octets,
      limit: size.limit,
      warnings,
    })
  run.terminal.data(`names    ${names}`)
  run.terminal.data(`RRsets   ${zone.sets.length}`)
  run.terminal.data(`records  ${records}`)
  run.terminal.data(`size     ${printSize(size)}`)
  for (const warning of warnings) run.terminal.note(`warning: ${warning}`)
}

async function show(run: Run<WhoseFlags>, file: string): Promise<void> {
  const zone = await readZone(run, file)
  const text = printZoneFile(zoneRecords(zone), { origin: zone.apex })
  if (run.terminal.json) run.terminal.jsonData({ file: inputName(file), zoneId: zone.id, zoneFile: text })
  else run.terminal.data(text.trimEnd())
}

async function readZone(run: Run<WhoseFlags>, file: string): Promise<Zone> {
  const zoneId = await zoneIdOfFlags(run)
  const text = Buffer.from(await readInput(file, run.terminal.streams)).toString()
  return zoneOfText(text, inputName(file), zoneId)
}

async function zoneIdOfFlags({ flags, keys }: Run<WhoseFlags>): Promise<ZoneId | undefined> {
  if (flags.key === undefined) return flags.zone
  if (flags.zone !== undefined) throw new UsageError('--key and --zone say the same thing; give one of them')
  const { zoneId } = await keys.entry(flags.key)
  if (zoneId === undefined)
    throw new UsageError(
      `the zone ID of the key "${flags.key}" is not known before it is opened; give --zone`,
    )
  return zoneId
}
