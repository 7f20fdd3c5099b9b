/** Resolves from this folder, whose packages are its own. */
export const load = (name) => import(name)
