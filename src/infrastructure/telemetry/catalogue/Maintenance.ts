/**
 * Telemetry of looking after the database's file.
 */
import { define } from "../SpanDefinition.ts"

export const maintain = define({
  name: "db.maintenance",
  kind: "client",
  doc: "Checking, copying, restoring or setting aside the database's file",
  attributes: {
    "db.system.name": "`sqlite`",
    "db.namespace": "Which file, such as `database`",
    "strata.database.operation": "`check`, `backup`, `restore` or `quarantine`"
  }
})
