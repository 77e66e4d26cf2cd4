// Compiles every template of this folder and writes {name: html} to standard output.
const fs = require('fs');
const path = require('path');
const mjml = require('mjml');

const made = {};
for (const file of fs.readdirSync(__dirname).filter((name) => name.endsWith('.mjml')).sort()) {
  made[path.basename(file, '.mjml')] = mjml(fs.readFileSync(path.join(__dirname, file), 'utf8'), { validationLevel: 'strict', fonts: {} }).html;
}
process.stdout.write(JSON.stringify(made));
