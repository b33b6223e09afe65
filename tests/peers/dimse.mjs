// dimse.mjs SPINEXR WEIGHTS: dcmjs-dimse, which shares no code with DCMTK, asks the node for an
// echo, sends films to it, and is the archive that receives the results.
import { check, freePort, library, main, until } from './peers.mjs';
import { drawFilms, startNode } from './node_service.mjs';

const { Client, Scp, Server, log, requests, responses, constants } = library('dcmjs-dimse');
const { CEchoRequest, CStoreRequest } = requests;
const { PresentationContextResult, Status, TransferSyntax } = constants;
const [program, weights] = process.argv.slice(2);
log?.setLevel?.('error');

const received = []; // data sets

class Archive extends Scp {
  associationRequested(association) {
    for (const { id } of association.getPresentationContexts()) {
      const context = association.getPresentationContext(id);
      const offered = context.getTransferSyntaxUids();
      if (offered.includes(TransferSyntax.ExplicitVRLittleEndian))
        context.setResult(PresentationContextResult.Accept, TransferSyntax.ExplicitVRLittleEndian);
      else context.setResult(PresentationContextResult.RejectTransferSyntaxesNotSupported);
    }
    this.sendAssociationAccept();
  }

  cStoreRequest(request, callback) {
    received.push(request.getDataset().getElements());
    const response = responses.CStoreResponse.fromRequest(request);
    response.setStatus(Status.Success);
    callback(response);
  }

  associationReleaseRequested() {
    this.sendAssociationReleaseResponse();
  }
}

// Sends requests in one association; the statuses of the answers.
function ask(port, list) {
  return new Promise((resolve, reject) => {
    const statuses = [];
    const client = new Client();
    for (const request of list) {
      request.on('response', (response) => statuses.push(response.getStatus()));
      client.addRequest(request);
    }
    client.on('networkError', reject);
    client.on('associationRejected', () => reject(new Error('rejected')));
    client.on('closed', () => resolve(statuses));
    client.send('127.0.0.1', port, 'DCMJS', 'SPINEXR');
  });
}

const ofClass = (uid) => received.filter((d) => d.SOPClassUID === uid);

await main(async () => {
  const port = await freePort();
  const server = new Server(Archive);
  server.listen(port);
  const node = await startNode(program, weights, [
    `  archive: {host: 127.0.0.1, port: ${port}, ae_title: DCMJS, test: true, confirm: none}`,
  ]);
  const films = drawFilms(program, 4);
  const echoes = await ask(node.dicom, [new CEchoRequest()]);
  check(String(echoes) === String([Status.Success]), `echo: ${echoes}`);
  const stored = await ask(node.dicom, films.map((film) => new CStoreRequest(film)));
  check(stored.length === 4 && stored.every((s) => s === Status.Success), `store: ${stored}`);
  const twice = await ask(node.dicom, [new CStoreRequest(films[0])]);
  check(twice[0] === Status.Success, `the same film again: ${twice}`);
  await until('two reports and four pictures', 60, () => {
    const reports = ofClass('1.2.840.10008.5.1.4.1.1.88.34');
    return reports.length >= 2 && ofClass('1.2.840.10008.5.1.4.1.1.7').length >= 4;
  });
  await until('no job is left', 60, () => !/send/.test(node.jobs('ready') + node.jobs('leased')));
  await node.stop();
  server.close();
  const reports = ofClass('1.2.840.10008.5.1.4.1.1.88.34');
  check(reports.length === 2, `${reports.length} reports of two studies`);
  const uids = received.map((d) => d.SOPInstanceUID);
  check(new Set(uids).size === uids.length, 'an object came twice');
  check(ofClass('1.2.840.10008.5.1.4.1.1.11.1').length >= 1, 'no presentation state');
  for (const d of received) check(d.PatientID?.startsWith('PH'), `PatientID ${d.PatientID}`);
  console.log(`4 films sent, ${received.length} objects received`);
});
