import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'

const packages = join(import.meta.dirname, '../../packages')
const entries = [
  'dns/src/index.ts',
  'dns/src/idna.ts',
  'core/src/index.ts',
  'node/src/index.ts',
  'node/src/testnet.ts',
  'gateway/src/index.ts',
]

/** Every name that a module exports, types included: a change of the public API is a change of a file in review. */
function exportedNames(file: string): string[] {
  const source = readFileSync(file, 'utf8')
  const names: string[] = []
  for (const [, list] of source.matchAll(/^export (?:type )?\{([^}]*)\}/gm))
    for (const item of list!.split(',')) {
      const name = item
        .trim()
        .replace(/^type /, '')
        .split(' as ')
        .at(-1)
      if (name) names.push(name)
    }
  for (const [, name] of source.matchAll(
    /^export (?:declare )?(?:abstract )?(?:async )?(?:class|const|function|interface|type) (\w+)/gm,
  ))
    names.push(name!)
  for (const [, path] of source.matchAll(/^export (?:type )?\* from '([^']+)'/gm))
    names.push(...exportedNames(join(dirname(file), path!)))
  return names.sort()
}

test.each(entries)('%s exports what its snapshot lists', async entry => {
  const names = exportedNames(join(packages, entry))
  const snapshot = `exports/${entry.replace('/src/', '.').replace('.ts', '')}.txt`
  await expect(`${names.join('\n')}\n`).toMatchFileSnapshot(snapshot)
})
