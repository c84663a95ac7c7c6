import { resolve } from 'node:path'
import { type Command, Option } from 'commander'
import { zoneIdOf } from '@signpost/core'
import { confirm } from '../confirm.ts'
import { FileAccessError } from '../errors.ts'
import { inputName, readInput } from '../input-file.ts'
import { writeWholeFile } from '../exclusive-file.ts'
import { KeyExistsError } from '../keys/errors.ts'
import type { KeyEntry } from '../keys/key-store.ts'
import { checkKeyName } from '../keys/key-name.ts'
import { importPrivateKey, newPrivateKey, printPrivateKey, publicKeyOctets } from '../keys/private-key.ts'
import { type PassphraseFlags, withPassphraseOption } from '../options.ts'
import { passphraseSources, passphraseToCreate, passphraseToOpen } from '../passphrase.ts'
import { type Run, type Surroundings, beginRun } from '../run.ts'

type NewKeyFlags = PassphraseFlags & { readonly passphrase: boolean }

/** `signpost key …`: the zone keys in the data directory. */
export function addKeyCommands(program: Command, surroundings: Surroundings): void {
  const key = program.command('key').description('make and keep the keys that zones are signed with')

  withNewKeyOptions(key.command('new'))
    .description('make a key; its zone ID is the name that the world sees')
    .argument('<name>', 'what you call the key', checkKeyName)
    .addHelpText('after', '\nExample:\n  $ signpost key new alice')
    .action(async (name: string, _flags, command: Command) => {
      await newKey(beginRun(surroundings, command), name)
    })

  key
    .command('list')
    .description('list the keys and their zone IDs')
    .action(async (_flags, command: Command) => {
      await listKeys(beginRun(surroundings, command))
    })

  key
    .command('show')
    .description('show the zone ID and file of a key, never its secret')
    .argument('<name>', 'the key', checkKeyName)
    .action(async (name: string, _flags, command: Command) => {
      const run: Run<object> = beginRun(surroundings, command)
      printEntry(run, await run.keys.entry(name))
    })

  withPassphraseOption(key.command('export'))
    .description('write the secret of a key out, decrypted, as PKCS#8 PEM')
    .argument('<name>', 'the key', checkKeyName)
    .option('--out <file>', 'write to a new file of mode 0600 instead of standard output')
    .addHelpText('after', '\nExample:\n  $ signpost key export alice --out alice.pem')
    .action(async (name: string, _flags, command: Command) => {
      await exportKey(beginRun(surroundings, command), name)
    })

  withNewKeyOptions(key.command('import'))
    .description('take in a key from PKCS#8 PEM (openssl) or the format of libp2p (ipfs key export)')
    .argument('<name>', 'what you call the key', checkKeyName)
    .argument('<file>', 'the file; - for standard input')
    .addHelpText('after', '\nExample:\n  $ ipfs key export self && signpost key import self self.key')
    .action(async (name: string, file: string, _flags, command: Command) => {
      await importKey(beginRun(surroundings, command), name, file)
    })

  key
    .command('delete')
    .description('delete a key for good; nobody can ever change its zone again')
    .argument('<name>', 'the key', checkKeyName)
    .option('--yes', 'do not ask')
    .action(async (name: string, _flags, command: Command) => {
      await deleteKey(beginRun(surroundings, command), name)
    })
}

function withNewKeyOptions(command: Command): Command {
  return withPassphraseOption(command).addOption(
    new Option('--no-passphrase', 'do not ask for a passphrase; the mode of its file alone protects the key'),
  )
}

async function newKey(run: Run<NewKeyFlags>, name: string): Promise<void> {
  // Before anything is asked.
  await refuseIfThere(run, name)
  const passphrase = await newPassphrase(run, name)
  printEntry(run, await run.keys.create(name, newPrivateKey(), passphrase))
}

async function importKey(run: Run<NewKeyFlags>, name: string, file: string): Promise<void> {
  await refuseIfThere(run, name)
  const key = importPrivateKey(await readInput(file, run.terminal.streams), inputName(file))
  const passphrase = await newPassphrase(run, name)
  printEntry(run, await run.keys.create(name, key, passphrase))
}

async function refuseIfThere(run: Run<unknown>, name: string): Promise<void> {
  const known = await run.keys.list()
  if (known.some(entry => entry.name === name)) throw new KeyExistsError(name)
}

async function newPassphrase(run: Run<NewKeyFlags>, name: string): Promise<string | undefined> {
  return run.flags.passphrase ? passphraseToCreate(passphraseSources(run), name) : undefined
}

async function listKeys(run: Run<object>): Promise<void> {
  const entries = await run.keys.list()
  if (run.terminal.json) return run.terminal.jsonData({ keys: entries.map(jsonEntry) })
  if (entries.length === 0)
    return run.terminal.note(`no keys in ${run.keys.directory}; make one: signpost key new NAME`)
  const width = Math.max(...entries.map(entry => entry.name.length))
  for (const entry of entries)
    run.terminal.data(
      `${entry.name.padEnd(width)}  ${entry.zoneId ?? 'zone ID not known before it is opened'}${entry.encrypted ? '  passphrase' : ''}`,
    )
}

async function exportKey(run: Run<PassphraseFlags & { readonly out?: string }>, name: string): Promise<void> {
  const { out } = run.flags
  const key = await run.keys.open(name, async keyName => passphraseToOpen(passphraseSources(run), keyName))
  const pem = printPrivateKey(key)
  if (out === undefined) run.terminal.data(pem.trimEnd())
  else await writeExport(resolve(out), pem)
  const zoneId = zoneIdOf(publicKeyOctets(key))
  run.terminal.note(
    `Whoever has this secret controls the zone ${zoneId}. Keep it where only you can read it.`,
  )
}

async function writeExport(path: string, pem: string): Promise<void> {
  try {
    await writeWholeFile(path, pem, 'fail')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause
    throw new FileAccessError(`${path} is there already; choose another file`, path, { cause })
  }
}

async function deleteKey(run: Run<{ readonly yes?: boolean }>, name: string): Promise<void> {
  const entry = await run.keys.entry(name)
  await confirm(
    run.terminal,
    `This deletes ${entry.path}.\nWithout another copy of it, nobody can ever change the zone ${entry.zoneId ?? 'of this key'} again.`,
    { yes: run.flags.yes === true, answer: name },
  )
  await run.keys.delete(name)
  if (run.terminal.json) run.terminal.jsonData({ deleted: jsonEntry(entry) })
  else run.terminal.note(`Deleted the key "${name}".`)
}

function printEntry({ terminal }: Run<unknown>, entry: KeyEntry): void {
  if (terminal.json) return terminal.jsonData(jsonEntry(entry))
  terminal.data(`name     ${entry.name}`)
  terminal.data(`zone ID  ${entry.zoneId ?? 'not known before the key is opened with its passphrase'}`)
  terminal.data(`file     ${entry.path}${entry.encrypted ? ' (with a passphrase)' : ''}`)
}

function jsonEntry({ name, zoneId, encrypted, path }: KeyEntry): object {
  return { name, zoneId: zoneId ?? null, encrypted, path }
}
