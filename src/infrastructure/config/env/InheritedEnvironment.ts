/**
 * The environment variables that programs we start may see: all but our settings, which may hold secrets and are no
 * business of others.
 */
export const withoutSettings = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("STRATA_")))
