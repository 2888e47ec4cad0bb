import { Command, type ErrorOptions, type HelpContext, InvalidArgumentError, type Option } from 'commander'

/** Where a command writes: the two streams of a process, or what stands for them. */
export interface Output {
  readonly stdout: { write(text: string): unknown }
  readonly stderr: { write(text: string): unknown }
}

/** The mistakes that leave the others to be found; commander itself ends with the first of any kind. */
const SEVERAL = ['commander.missingMandatoryOptionValue', 'commander.conflictingOption']

/** A command of commander's that names everything that is wrong with its options at once, as one error. */
export class XwmsCommand extends Command {
  /** What has been found wrong; one list for a command line. */
  readonly #problems: string[]
  readonly #checks: (() => string | undefined)[] = []

  constructor(name?: string, problems: string[] = []) {
    super(name)
    this.#problems = problems
  }

  /** What has been found wrong with the command line, a sentence for each. */
  get problems(): readonly string[] {
    return this.#problems
  }

  override createCommand(name?: string): XwmsCommand {
    return new XwmsCommand(name, this.#problems)
  }

  override addOption(option: Option): this {
    const read = option.parseArg?.bind(option)
    if (read === undefined) return super.addOption(option)
    const gathering = (value: string, previous: unknown) => {
      try {
        return read(value, previous)
      } catch (error) {
        if (!(error instanceof InvalidArgumentError)) throw error
        this.#problems.push(`option '${option.flags}' argument '${value}' is invalid. ${error.message}`)
        return previous
      }
    }
    return super.addOption(option.argParser(gathering))
  }

  /**
   * Adds a look at options that have to go together, before anything is opened for the command.
   * @param problemOf what is wrong with them, in words; `undefined` when nothing is
   */
  check<Options extends object>(problemOf: (options: Options) => string | undefined): this {
    this.#checks.push(() => problemOf(this.optsWithGlobals<Options>()))
    return this
  }

  override error(message: string, options: ErrorOptions = {}): never {
    // commander begins its messages with the word that run() gives to all.
    this.#problems.push(message.replace(/^error: /, ''))
    if (options.code === 'commander.unknownOption')
      this.#problems.push(...this.#furtherUnknownOptions(message))
    // Whoever calls goes on with the next option; what was gathered is thrown before the action runs.
    if (SEVERAL.includes(options.code ?? '')) return undefined as never
    return super.error(this.#problems.join('; '), options)
  }

  // biome-ignore lint/suspicious/noExplicitAny: as commander has it; each command knows the options that it declares.
  override action(work: (...args: any[]) => void | Promise<void>): this {
    return super.action(async (...args) => {
      this.#problems.push(...this.#checks.map(check => check()).filter(problem => problem !== undefined))
      if (this.#problems.length > 0)
        super.error(this.#problems.join('; '), { code: 'commander.invalidArgument' })
      await work(...args)
    })
  }

  override help(context?: HelpContext | ((text: string) => string)): never {
    if (typeof context === 'object' && context.error) {
      return this.error('a command is missing; --help lists them', { code: 'commander.help' })
    }
    return super.help(context as HelpContext)
  }

  /** commander names the first one, with what was probably meant. */
  #furtherUnknownOptions(told: string): string[] {
    const further = this.args.filter(arg => arg.startsWith('--') && !told.includes(`'${arg}'`))
    return [...new Set(further)].map(option => `unknown option '${option}'`)
  }
}
