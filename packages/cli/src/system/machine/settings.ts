/** Settings by section and key, each with all values that it was given, in order. */
export type Settings = ReadonlyMap<string, readonly string[]>

/**
 * Reads files in the style of INI, as systemd and NetworkManager have them, later ones over earlier ones. Keys are
 * `Section.Key` in lower case.
 */
export function parseSettings(texts: readonly string[]): Settings {
  const settings = new Map<string, string[]>()
  for (const text of texts) {
    let section = ''
    for (const raw of text.split('\n')) {
      const line = raw.trim()
      const header = /^\[([^\]]*)\]$/.exec(line)
      if (header !== null) section = header[1] as string
      const [, key, value] = /^([^#;[=][^=]*?)\s*=\s*(.*)$/.exec(line) ?? []
      if (key === undefined || value === undefined) continue
      const path = `${section}.${key}`.toLowerCase()
      settings.set(path, [...(settings.get(path) ?? []), value])
    }
  }
  return settings
}

/** The last value, which is the one that counts for what has one value. */
export function lastOf(settings: Settings, key: string): string | undefined {
  return settings.get(key)?.at(-1)
}

/** Values of a list; an empty one drops those before it. */
export function listOf(settings: Settings, key: string): readonly string[] {
  const values: string[] = []
  for (const value of settings.get(key) ?? [])
    if (value === '') values.length = 0
    else values.push(...value.split(/\s+/))
  return values
}
