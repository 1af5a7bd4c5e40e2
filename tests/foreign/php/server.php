<?php
// A department's system on PHP's own SOAP extension: `FOREIGN_BOOK=book.json php -S 127.0.0.1:PORT server.php`.
// A case that comes twice gets the receipt it already has.
declare(strict_types=1);
ini_set('soap.wsdl_cache_enabled', '0');

final class Permits
{
    private array $book;

    public function __construct(private string $file)
    {
        $this->book = is_file($file) ? json_decode(file_get_contents($file), true) : [];
    }

    public function submitCase(object $call): array
    {
        if ($call->applicant === 'REFUSE ME') {
            $detail = (object) ['code' => '2001', 'message' => '不在本辖区 <&>'];
            throw new SoapFault('Server', 'refused by rule', null, $detail, 'caseFault');
        }
        $this->book[$call->caseNo] ??= 'P' . (count($this->book) + 1);
        file_put_contents($this->file, json_encode($this->book));
        $digests = array_map(fn (object $one): string => hash('sha256', $one->content), $call->attachments ?? []);
        return ['submitCaseResult' => [
            'status' => 'OK',
            'receiptNo' => $this->book[$call->caseNo],
            'echo' => $call->applicant . '|' . ($call->note ?? '') . '|' . $call->receivedOn . '|' . json_encode($call->urgent) . '|' . $call->amount,
            'digest' => $digests,
        ]];
    }

    public function queryCase(object $call): array
    {
        return ['queryCaseResult' => $this->book[$call->caseNo] ?? ''];
    }

    public function queryState(object $call): array
    {
        $states = isset($this->book[$call->caseNo]) ? [
            ['caseNo' => $call->caseNo, 'status' => 'RECEIVED', 'at' => '2026-03-02T09:12:00+08:00'],
            ['caseNo' => $call->caseNo, 'status' => '已受理', 'at' => '2026-03-03T09:12:00+08:00'],
        ] : [];
        return ['queryStateResult' => ['State' => $states]];
    }
}

$version = str_starts_with($_SERVER['REQUEST_URI'], '/soap12') ? SOAP_1_2 : SOAP_1_1;
$server = new SoapServer(__DIR__ . '/../service.wsdl', ['soap_version' => $version, 'features' => SOAP_SINGLE_ELEMENT_ARRAYS]);
$server->setObject(new Permits(getenv('FOREIGN_BOOK')));
$server->handle();
