import { posix, win32 } from 'node:path'

export type Env = Readonly<Record<string, string | undefined>>

/** Where the service's configuration is unless the user says otherwise. */
export function configPath(platform: NodeJS.Platform, env: Env): string {
  return platform === 'win32'
    ? win32.join(programData(env), 'signpost', 'signpost.toml')
    : '/etc/signpost/signpost.toml'
}

/** Where the service keeps its keys, records and socket. */
export function serviceData(platform: NodeJS.Platform, env: Env): string {
  if (platform === 'win32') return win32.join(programData(env), 'signpost', 'data')
  return posix.join(sharedState(platform), 'signpost')
}

/**
 * What installing has changed. It is apart from the service's data: root does what stands there, so nobody else may
 * write to it.
 */
export function journalPath(platform: NodeJS.Platform, env: Env): string {
  if (platform === 'win32') return win32.join(programData(env), 'signpost-install', 'journal.json')
  return posix.join(sharedState(platform), 'signpost-install', 'journal.json')
}

/** The command that shows what the service has logged. */
export function serviceLog(platform: NodeJS.Platform, env: Env): string {
  if (platform === 'linux') return 'journalctl -u signpost -n 20'
  if (platform === 'win32') return 'schtasks /Query /TN Signpost /V /FO LIST'
  return `tail "${posix.join(serviceData(platform, env), 'signpost.log')}"`
}

export function programData(env: Env): string {
  return env['ProgramData'] ?? 'C:\\ProgramData'
}

function sharedState(platform: NodeJS.Platform): string {
  return platform === 'darwin' ? '/Library/Application Support' : '/var/lib'
}
