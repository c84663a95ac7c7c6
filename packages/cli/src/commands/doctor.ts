import { resolve } from 'node:path'
import { type Command, Option } from 'commander'
import { UnhealthyError } from '../system/errors.ts'
import type { Check } from '../system/doctor/check.ts'
import { examine } from '../system/doctor/checks.ts'
import { observe } from '../system/doctor/observe.ts'
import { configPath } from '../system/paths.ts'
import { type Run, type Surroundings, beginRun } from '../run.ts'

interface DoctorFlags {
  readonly config?: string
}

/** `signpost doctor` */
export function addDoctorCommand(program: Command, surroundings: Surroundings): void {
  program
    .command('doctor')
    .description('say what is wrong with the gateway on this machine, and what mends it')
    .addOption(
      new Option(
        '--config <file>',
        `the gateway's configuration (default: the one that was installed, or ${configPath(process.platform, process.env)})`,
      ),
    )
    .addHelpText('after', '\nExample:\n  $ sudo signpost doctor')
    .action(async (_flags, command: Command) => {
      await examineMachine(beginRun(surroundings, command))
    })
}

async function examineMachine({ flags, terminal, env, dataDir }: Run<DoctorFlags>): Promise<void> {
  const { platform } = process
  const config = flags.config === undefined ? undefined : resolve(flags.config)
  const checks = examine(await observe({ platform, env, dataDir, config }))
  const failed = checks.filter(({ status }) => status === 'fail').length
  if (terminal.json) terminal.jsonData({ healthy: failed === 0, checks })
  else for (const check of checks) for (const line of linesOf(check)) terminal.data(line)
  if (failed > 0) throw new UnhealthyError(failed)
}

function linesOf({ status, name, sentence, mend }: Check): string[] {
  const first = `${status.padEnd(4)}  ${name}: ${sentence}`
  return mend === undefined ? [first] : [first, `      -> ${mend}`]
}
