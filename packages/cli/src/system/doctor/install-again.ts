import { shell } from '../describe.ts'
import { configPath } from '../paths.ts'
import type { Observations } from './observations.ts'

/** The command that installs what was installed once more. */
export function installAgain({
  installation,
  platform,
}: Pick<Observations, 'installation' | 'platform'>): string {
  const { scope, config } = installation ?? {}
  return shell([
    'sudo',
    'signpost',
    'install',
    ...(scope === 'all' ? ['--scope', scope] : []),
    ...(config === undefined || config === configPath(platform, process.env) ? [] : ['--config', config]),
  ])
}
