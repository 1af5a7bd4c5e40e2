// A department's system on npm's `soap`: `node server.js ../service.wsdl`; prints its port.
// A case that comes twice is refused with a fault that names the first receipt.
'use strict';
const crypto = require('node:crypto');
const fs = require('node:fs');
const http = require('node:http');
const soap = require('soap');

const book = new Map();
const list = (value) => (value === undefined || value === null ? [] : Array.isArray(value) ? value : [value]);

function fault(version, code, message, receiptNo) {
  const detail = { caseFault: { attributes: { xmlns: 'urn:example:permits' }, code, message, ...(receiptNo ? { receiptNo } : {}) } };
  if (version === '12') {
    return { Fault: { Code: { Value: 'soap:Receiver' }, Reason: { Text: message }, Detail: detail, statusCode: 500 } };
  }
  return { Fault: { faultcode: 'soap:Server', faultstring: message, detail, statusCode: 500 } };
}

const operations = (version) => ({
  submitCase(call) {
    if (call.applicant === 'REFUSE ME') throw fault(version, '2001', '不在本辖区 <&>');
    if (book.has(call.caseNo)) throw fault(version, '1409', 'DUPLICATE', book.get(call.caseNo));
    book.set(call.caseNo, `N${book.size + 1}`);
    const sha256 = (one) => crypto.createHash('sha256').update(Buffer.from(one.content, 'base64')).digest('hex');
    const day = call.receivedOn instanceof Date ? call.receivedOn.toISOString().slice(0, 10) : call.receivedOn;
    return {
      submitCaseResult: {
        status: 'OK',
        receiptNo: book.get(call.caseNo),
        echo: `${call.applicant}|${call.note ?? ''}|${day}|${call.urgent}|${call.amount}`,
        digest: list(call.attachments).map(sha256),
      },
    };
  },
  queryCase(call) {
    return { queryCaseResult: book.get(call.caseNo) ?? '' };
  },
  queryState(call) {
    const states = [['RECEIVED', '2026-03-02T09:12:00+08:00'], ['已受理', '2026-03-03T09:12:00+08:00']];
    const found = book.has(call.caseNo) ? states.map(([status, at]) => ({ caseNo: call.caseNo, status, at })) : [];
    return { queryStateResult: { State: found } };
  },
});

const xml = fs.readFileSync(process.argv[2], 'utf8');
const server = http.createServer((_request, response) => response.writeHead(404).end());
server.listen(0, '127.0.0.1', () => {
  for (const version of ['11', '12']) {
    const ports = { Soap11: operations(version), Soap12: operations(version) };
    soap.listen(server, { path: `/soap${version}`, services: { PermitService: ports }, xml, forceSoap12Headers: version === '12' });
  }
  process.stdout.write(`${server.address().port}\n`);
});
