import { posix, win32 } from 'node:path'

export type Env = Readonly<Record<string, string | undefined>>

/** Where the service's configuration is unless the user says otherwise. */
export function configPath(platform: NodeJS.Platform, env: Env): string {
  return platform === 'win32' ? win32.join(programFiles(env), 'signpost.toml') : '/etc/signpost/signpost.toml'
}

/** Where the service keeps its keys, records and socket; on Windows in the profile of LOCAL SERVICE, as which it runs. */
export function serviceData(platform: NodeJS.Platform, env: Env): string {
  if (platform === 'win32')
    return win32.join(systemRoot(env), 'ServiceProfiles', 'LocalService', 'AppData', 'Local', 'signpost')
  return posix.join(sharedState(platform), 'signpost')
}

/**
 * What installing has changed. It is apart from the service's data: administrators do what stands there, so nobody else
 * may write to it, or make it before they do.
 */
export function journalPath(platform: NodeJS.Platform, env: Env): string {
  if (platform === 'win32') return win32.join(programFiles(env), 'install', 'journal.json')
  return posix.join(sharedState(platform), 'signpost-install', 'journal.json')
}

/** The command that shows what the service has logged. */
export function serviceLog(platform: NodeJS.Platform, env: Env): string {
  if (platform === 'linux') return 'journalctl -u signpost -n 20'
  if (platform === 'win32') return 'schtasks /Query /TN Signpost /V /FO LIST'
  return `tail "${posix.join(serviceData(platform, env), 'signpost.log')}"`
}

/** Our directory in one that only administrators write to. */
export function programFiles(env: Env): string {
  return win32.join(env['ProgramFiles'] ?? 'C:\\Program Files', 'signpost')
}

function systemRoot(env: Env): string {
  return env['SystemRoot'] ?? 'C:\\Windows'
}

function sharedState(platform: NodeJS.Platform): string {
  return platform === 'darwin' ? '/Library/Application Support' : '/var/lib'
}
