/**
 * How one kind of value travels: its PostgreSQL type, and how it is read back. Values are read from ordinary columns and
 * from JSON that PostgreSQL made of a row, so a time may arrive as a `Date` or as text, a number as either, too.
 */
export interface Kind<Value> {
  readonly sqlType: string
  read(value: unknown): Value
  write(value: Value): unknown
}

const asIs = <Value>(sqlType: string): Kind<Value> => ({
  sqlType,
  read: value => value as Value,
  write: value => value,
})

/** Text, or a union of literals that a CHECK guards. */
export const text = <Value extends string = string>(): Kind<Value> => asIs('text')
export const texts = asIs<readonly string[]>('text[]')
export const uuid = asIs<string>('uuid')
export const flag = asIs<boolean>('boolean')
export const time: Kind<Date> = {
  sqlType: 'timestamptz',
  read: value => (value instanceof Date ? value : new Date(value as string)),
  write: value => value,
}
/** An integer that fits a JavaScript number. */
export const integer: Kind<number> = { sqlType: 'bigint', read: Number, write: value => value }
/** A total that may outgrow a JavaScript number. */
export const total: Kind<bigint> = {
  sqlType: 'bigint',
  read: value => BigInt(value as string),
  write: String,
}
/** Milliseconds with their fraction. */
export const duration: Kind<number> = { sqlType: 'double precision', read: Number, write: value => value }
/** What an object of no particular shape is. */
export type JsonObject = Readonly<Record<string, unknown>>

/** An object or a list that is kept whole and never searched. */
export const json = <Value>(): Kind<Value> => ({
  sqlType: 'json',
  read: value => value as Value,
  // As text, because pg would turn a list into an SQL array.
  write: value => JSON.stringify(value),
})

type Kinds<Model> = { readonly [Field in keyof Model]-?: Kind<Exclude<Model[Field], undefined>> }

type SnakeCase<Name extends string> = Name extends `${infer First}${infer Rest}`
  ? `${First extends Lowercase<First> ? First : `_${Lowercase<First>}`}${SnakeCase<Rest>}`
  : ''

/** A row as it is written: the model's fields under their column names, `null` for what is absent. */
export type Row<Model> = {
  [Field in keyof Model & string as SnakeCase<Field>]: undefined extends Model[Field]
    ? Exclude<Model[Field], undefined> | null
    : Model[Field]
}

/** The one place where a model's fields and a table's columns meet. */
export interface Table<Model> {
  /** The columns: `id, client_id, …`. */
  readonly columns: string
  /**
   * For FROM: the rows that {@link Table.pack} made, under their column names.
   * @param parameter the placeholder of the packed rows, such as `$1`
   */
  packed(parameter: string): string
  /** For ON CONFLICT … DO UPDATE SET: every column becomes that of the row that was to be inserted. */
  readonly replacement: string
  /**
   * An INSERT of what {@link Table.pack} made. It names its columns, so that a column that a later version adds gets
   * its default.
   * @param schema the schema's name, quoted
   * @param parameter the placeholder of the packed rows, such as `$1`
   */
  insertion(schema: string, parameter: string): string
  /** Reads a row, whatever else it carries. */
  read(row: object): Model
  /** A row of parameters. */
  write(model: Model): Row<Model>
  /**
   * Rows as one parameter: by the names of their fields, for they get those of their columns in SQL. Times are texts before the
   * JSON is made. With a `Date` among the values V8 leaves its fast way, and takes two to four times as long.
   */
  pack(models: readonly Model[]): string
}

const snakeCase = (name: string) => name.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)

/** Describes a table whose columns are the model's fields in snake_case. */
export function table<Model>(name: string, kinds: Kinds<Model>): Table<Model> {
  const fields = Object.entries<Kind<unknown>>(kinds).map(([field, kind]) => ({
    field,
    column: snakeCase(field),
    kind,
  }))
  const columns = fields.map(({ column }) => column).join(', ')
  const times = fields.filter(({ kind }) => kind === time).map(({ field }) => field)
  const named = fields.map(({ field, column }) => `"${field}" as ${column}`).join(', ')
  const definition = fields.map(({ field, kind }) => `"${field}" ${kind.sqlType}`).join(', ')
  const packed = (parameter: string) =>
    `(select ${named} from json_to_recordset(${parameter}::json) as packed(${definition})) as given`
  return {
    columns,
    packed,
    replacement: fields.map(({ column }) => `${column} = excluded.${column}`).join(', '),
    insertion: (schema, parameter) =>
      `insert into ${schema}.${name} (${columns})
       select ${columns} from ${packed(parameter)}`,
    read(row) {
      const model: Record<string, unknown> = {}
      for (const { field, column, kind } of fields) {
        const value = (row as Record<string, unknown>)[column]
        model[field] = value === null || value === undefined ? undefined : kind.read(value)
      }
      return model as Model
    },
    write(model) {
      const row: Record<string, unknown> = {}
      for (const { field, column, kind } of fields) {
        const value = (model as Record<string, unknown>)[field]
        row[column] = value === undefined ? null : kind.write(value)
      }
      return row as Row<Model>
    },
    pack: models =>
      JSON.stringify(
        models.map(model => {
          const row = { ...model } as Record<string, unknown>
          for (const field of times) {
            const value = row[field]
            if (value instanceof Date) row[field] = value.toISOString()
          }
          return row
        }),
      ),
  }
}
