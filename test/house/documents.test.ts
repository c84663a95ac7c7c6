import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')
const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter(file => file !== '' && existsSync(join(root, file)))
const documents = files.filter(file => file.endsWith('.md') && !file.startsWith('.changeset/'))

test.each(documents)('%s names only paths that exist', document => {
  const text = readFileSync(join(root, document), 'utf8')
  const missing: string[] = []
  for (const [, path] of text.matchAll(/`((?:packages|test|examples|docs)\/[\w./-]+)`/g))
    if (!existsSync(join(root, path!))) missing.push(path!)
  for (const [, target] of text.matchAll(/\]\((?!https?:|#|mailto:)([^)#]+)(?:#[^)]*)?\)/g))
    if (!existsSync(join(root, dirname(document), target!))) missing.push(target!)
  expect(missing).toEqual([])
})

test('no source file is larger than the house allows', () => {
  const sources = files.filter(
    file => /^packages\/\w+\/src\/.*\.ts$/.test(file) && !/\.test(-support)?\.ts$/.test(file),
  )
  expect(sources.length).toBeGreaterThan(0)
  const large = sources.filter(file => readFileSync(join(root, file), 'utf8').split('\n').length > 400)
  expect(large).toEqual([])
})

test('no file is a catch-all', () => {
  expect(files.filter(file => /(?:^|\/)(?:utils?|helpers?|misc|common)\.[mc]?[tj]s$/.test(file))).toEqual([])
})
