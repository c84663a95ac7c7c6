import { homedir } from 'node:os'
import { posix, win32 } from 'node:path'

/** What the place of the data directory depends on. */
export interface Home {
  readonly platform: NodeJS.Platform
  readonly env: Readonly<Record<string, string | undefined>>
  readonly home: string
}

/**
 * Where Signpost keeps its data unless told otherwise: XDG's data home on Linux and the BSDs (XDG Base Directory
 * Specification 0.8), Application Support on macOS, the local application data on Windows.
 */
export function defaultDataDir({ platform, env, home }: Home = currentHome()): string {
  if (platform === 'win32')
    return win32.join(env['LOCALAPPDATA'] || win32.join(home, 'AppData', 'Local'), 'signpost')
  if (platform === 'darwin') return posix.join(home, 'Library', 'Application Support', 'signpost')
  const xdg = env['XDG_DATA_HOME']
  // The specification wants a relative path ignored.
  const base = xdg !== undefined && posix.isAbsolute(xdg) ? xdg : posix.join(home, '.local', 'share')
  return posix.join(base, 'signpost')
}

function currentHome(): Home {
  return { platform: process.platform, env: process.env, home: homedir() }
}
