// tough-cookie at the job that jars.py describes: lines of JSON in, one line of JSON out for each.
// {"fill": [[url, setCookie], ...]} fills the jar; {"repeat": n, "url": ..., "fields": [...]} retrieves and receives n times
// and answers with the nanoseconds each of the two took in the median, and the number of cookies in the last header.

const { createInterface } = require("node:readline");
const { CookieJar } = require("tough-cookie");

const jar = new CookieJar();

function fill(pairs) {
  for (const [url, field] of pairs) jar.setCookieSync(field, url);
  return { filled: jar.serializeSync().cookies.length };
}

function median(numbers) {
  return numbers.sort((a, b) => a - b)[numbers.length >> 1];
}

function repeat({ repeat: times, url, fields }) {
  const retrieving = [];
  const receiving = [];
  let header = "";
  for (let i = 0; i < times; i++) {
    const begin = process.hrtime.bigint();
    header = jar.getCookieStringSync(url);
    const between = process.hrtime.bigint();
    jar.setCookieSync(fields[i % fields.length], url);
    receiving.push(Number(process.hrtime.bigint() - between));
    retrieving.push(Number(between - begin));
  }
  return { retrieve: median(retrieving), receive: median(receiving), cookies: header.split("; ").length };
}

createInterface({ input: process.stdin }).on("line", (line) => {
  const said = JSON.parse(line);
  console.log(JSON.stringify(said.fill ? fill(said.fill) : repeat(said)));
});
