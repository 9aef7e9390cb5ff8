// Makes src/api.ts, the types of the API's objects, from the description that a server gives at /api:
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

// The text of src/api.ts for a description of the API.
export function apiTypes(description) {
  const declarations = Object.entries(description.components.schemas).map(([name, schema]) => declaration(name, schema));
  return header + declarations.join("");
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const chunks = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  process.stdout.write(apiTypes(JSON.parse(Buffer.concat(chunks).toString())));
}
