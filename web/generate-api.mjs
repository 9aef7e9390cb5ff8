// Makes src/api.ts, the types of the API's objects and answers, from the description that a server gives at /api:
//   curl -s http://localhost:3000/api | node generate-api.mjs > src/api.ts

const header = `// Made from the description of the API (GET /api) by generate-api.mjs; do not edit.
`;

function typeOf(schema) {
  if (schema.$ref) return schema.$ref.split("/").at(-1);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  switch (schema.type) {
    case "boolean":
      return "boolean";
    case "integer":
      return "number";
    case "string":
      return "string";
    case "array": {
      const element = typeOf(schema.items);
      return element.includes("|") ? `(${element})[]` : `${element}[]`;
    }
    default:
      return "unknown";
  }
}

const comment = (text, indent) => (text ? `${indent}// ${text}\n` : "");

function member(name, schema, isRequired) {
  const type = typeOf(schema) + (schema.nullable && schema.type ? " | null" : "");
  return `${comment(schema.description, "  ")}  ${name}${isRequired ? "" : "?"}: ${type};\n`;
}

function declaration(name, schema) {
  const required = new Set(schema.required ?? Object.keys(schema.properties));
  const members = Object.entries(schema.properties).map(([key, value]) => member(key, value, required.has(key)));
  return `\n${comment(schema.description, "")}export interface ${name} {\n${members.join("")}}\n`;
}

// The type of the data in an answer, without its envelope; undefined: it is not described.
function answerType({ get }) {
  const [{ schema }] = Object.values(get.responses["200"].content);
  const data = schema.allOf?.find((part) => part.properties?.Details)?.properties.Details ?? schema;
  const type = typeOf(data);
  return type === "unknown" || type === "Envelope" ? undefined : type;
}

// Routes are named by the first segment of their path. All routes of a name answer the same.
function answers(paths) {
  const types = new Map();
  for (const [path, item] of Object.entries(paths)) {
    const [, root, name] = path.split("/");
    const type = answerType(item);
    if (root !== "api" || type === undefined) continue;
    if ((types.get(name) ?? type) !== type) throw new Error(`Routes named ${name} answer ${types.get(name)} and ${type}`);
    types.set(name, type);
  }
  const members = [...types].map(([name, type]) => `  ${JSON.stringify(name)}: ${type};\n`);
  return `\n// What each route answers, without its envelope, by the first segment of its path below /api/.\nexport interface Answers {\n${members.join("")}}\n`;
}

// The text of src/api.ts for a description of the API.
export function apiTypes(description) {
  const declarations = Object.entries(description.components.schemas).map(([name, schema]) => declaration(name, schema));
  return header + declarations.join("") + answers(description.paths);
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const chunks = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  process.stdout.write(apiTypes(JSON.parse(Buffer.concat(chunks).toString())));
}
