import { Command, type Option } from 'commander'
import { addDemoCommand } from './commands/demo.ts'
import { addDrillCommand } from './commands/drill.ts'
import { addFlushCommand } from './commands/flush.ts'
import { addDoctorCommand } from './commands/doctor.ts'
import { addFollowCommands } from './commands/follow.ts'
import { addGuardCommands } from './commands/guard.ts'
import { addInspectCommand } from './commands/inspect.ts'
import { addInstallCommands } from './commands/install.ts'
import { addKeyCommands } from './commands/key.ts'
import { addMirrorCommand } from './commands/mirror.ts'
import { addNameCommands } from './commands/name.ts'
import { addPinCommands } from './commands/pin.ts'
import { addPublishCommands } from './commands/publish.ts'
import { addResolveCommand } from './commands/resolve.ts'
import { addStatusCommand } from './commands/status.ts'
import { addRunningCommands } from './commands/up.ts'
import { addVersionCommands } from './commands/versions.ts'
import { addZoneCommands } from './commands/zone.ts'
import { withCommonOptions } from './options.ts'
import type { Surroundings } from './run.ts'
import { version } from './version.ts'

const EXAMPLES = `
Examples:
  $ signpost demo                              a small network on this machine, to try things
  $ signpost up                                a node and a DNS gateway
  $ signpost key new alice                     a key, and with it a zone ID
  $ signpost publish alice.zone --key alice    sign and publish a zone file
  $ signpost resolve www.k51… AAAA             look a name up

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not found.`

/** Every command, in the order in which help lists them. */
export function createProgram(surroundings: Surroundings): Command {
  const program = new Command('signpost')
    .description('Names that outlive an outage: publish, resolve and serve signed DNS zones.')
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print help on a command')
    .addHelpText('after', EXAMPLES)
    .configureHelp({ showGlobalOptions: true, visibleGlobalOptions: command => withoutVersion(command) })
    .configureOutput({ outputError: () => undefined })
    .exitOverride()
  withCommonOptions(program)
  addDemoCommand(program, surroundings)
  addDrillCommand(program, surroundings)
  addRunningCommands(program, surroundings)
  addKeyCommands(program, surroundings)
  addZoneCommands(program, surroundings)
  addPublishCommands(program, surroundings)
  addVersionCommands(program, surroundings)
  addMirrorCommand(program, surroundings)
  addResolveCommand(program, surroundings)
  addFollowCommands(program, surroundings)
  addNameCommands(program, surroundings)
  addGuardCommands(program, surroundings)
  addPinCommands(program, surroundings)
  addInspectCommand(program, surroundings)
  addStatusCommand(program, surroundings)
  addFlushCommand(program, surroundings)
  addInstallCommands(program, surroundings)
  addDoctorCommand(program, surroundings)
  return program
}

// What every command understands is shown with every command; the version is no part of that.
function withoutVersion(command: Command): Option[] {
  const program = command.parent?.parent ?? command.parent
  return program?.options.filter(option => option.long !== '--version') ?? []
}
