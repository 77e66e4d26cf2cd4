"""Mails that come back, in the shapes that mail servers give them; written for these tests."""

from __future__ import annotations


def crlf(text: str) -> bytes:
    return text.lstrip("\n").replace("\n", "\r\n").encode()


def dsn(
    token: str,
    *,
    status: str = "5.1.1",
    action: str = "failed",
    diagnostic: str = "smtp; 550 5.1.1 <p1@example.com>: Recipient address rejected: User unknown",
    to: str = "news@shop.example.org",
    original: str = "text/rfc822-headers",
    recipient: str = "p1@example.com",
) -> bytes:
    """As Postfix writes it."""
    return crlf(f"""
Return-Path: <>
Received: by mx.example.com (Postfix) id 4F; Mon, 16 Nov 2026 12:01:00 +0000 (UTC)
Date: Mon, 16 Nov 2026 12:01:00 +0000 (UTC)
From: MAILER-DAEMON@mx.example.com (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: {to}
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="4F.1763294460/mx.example.com"
Message-Id: <20261116120100.4F@mx.example.com>

This is a MIME-encapsulated message.

--4F.1763294460/mx.example.com
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mx.example.com.

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients. It's attached below.

<{recipient}>: host mail.example.com said: 550

--4F.1763294460/mx.example.com
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.com
X-Postfix-Queue-ID: 4F
Arrival-Date: Mon, 16 Nov 2026 12:00:59 +0000 (UTC)

Final-Recipient: rfc822; {recipient}
Original-Recipient: rfc822;{recipient}
Action: {action}
Status: {status}
Remote-MTA: dns; mail.example.com
Diagnostic-Code: {diagnostic}

--4F.1763294460/mx.example.com
Content-Description: Undelivered Message Headers
Content-Type: {original}

Return-Path: <news@shop.example.org>
From: Shop <news@shop.example.org>
To: {recipient}
Subject: Hello
Message-ID: <{token}@shop.example.org>

--4F.1763294460/mx.example.com--
""")


def exchange(token: str) -> bytes:
    """As Exchange Online writes it: an HTML part, the status in the last group, an access-denied code."""
    return crlf(f"""
From: Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@corp.example.com>
To: <news@shop.example.org>
Date: Mon, 16 Nov 2026 12:02:11 +0000
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="d18e39a4-c5b1-4f9a-8b7c-2d4a66c0a5d1"
X-MS-Exchange-Message-Is-Ndr:
Content-Language: en-US
Message-ID: <ndr-1@corp.example.com>
In-Reply-To: <{token}@shop.example.org>
References: <{token}@shop.example.org>
Subject: Undeliverable: Hello
Auto-Submitted: auto-replied
MIME-Version: 1.0

--d18e39a4-c5b1-4f9a-8b7c-2d4a66c0a5d1
Content-Type: multipart/alternative; differences=Content-Type;
\tboundary="inner-1"

--inner-1
Content-Type: text/plain; charset="us-ascii"
Content-Transfer-Encoding: quoted-printable

Delivery has failed to these recipients or groups:

p1@corp.example.com
The email address you entered couldn't be found.=20

--inner-1
Content-Type: text/html; charset="us-ascii"

<html><body>Delivery has failed</body></html>

--inner-1--

--d18e39a4-c5b1-4f9a-8b7c-2d4a66c0a5d1
Content-Type: message/delivery-status

Reporting-MTA: dns;AM0PR01.corp.example.com
Received-From-MTA: dns;mail.shop.example.org
Arrival-Date: Mon, 16 Nov 2026 12:02:10 +0000

Final-Recipient: rfc822;p1@corp.example.com
Action: failed
Status: 5.1.10
Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup

--d18e39a4-c5b1-4f9a-8b7c-2d4a66c0a5d1
Content-Type: message/rfc822

From: Shop <news@shop.example.org>
To: p1@corp.example.com
Subject: Hello
Message-ID: <{token}@shop.example.org>
Content-Type: text/plain

Hi

--d18e39a4-c5b1-4f9a-8b7c-2d4a66c0a5d1--
""")


def gmail(token: str, *, status: str = "5.2.2") -> bytes:
    """As Gmail writes it for a full mailbox, with an image and a related part before the report."""
    return crlf(f"""
From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>
To: news@shop.example.org
Auto-Submitted: auto-replied
Subject: Delivery Status Notification (Failure)
References: <{token}@shop.example.org>
In-Reply-To: <{token}@shop.example.org>
Message-ID: <65573a1b.df@mx.google.com>
Date: Mon, 16 Nov 2026 04:03:07 -0800 (PST)
Content-Type: multipart/report; boundary="0000000000009dd6"; report-type=delivery-status

--0000000000009dd6
Content-Type: multipart/related; boundary="0000000000009dfa"

--0000000000009dfa
Content-Type: text/plain; charset="UTF-8"

** Address not found **
The recipient's inbox is out of storage space.

--0000000000009dfa--

--0000000000009dd6
Content-Type: message/delivery-status

Reporting-MTA: dns; googlemail.com
Arrival-Date: Mon, 16 Nov 2026 04:03:06 -0800 (PST)

Final-Recipient: rfc822; p1@gmail.example
Action: failed
Status: {status}
Remote-MTA: dns; gmail-smtp-in.l.google.com.
Diagnostic-Code: smtp; 452-{status} The recipient's inbox is out of storage space.
 452 {status} Please direct the recipient to the help page
Last-Attempt-Date: Mon, 16 Nov 2026 04:03:07 -0800 (PST)

--0000000000009dd6
Content-Type: message/rfc822

Message-ID: <{token}@shop.example.org>
Subject: Hello

Hi

--0000000000009dd6--
""")


def exim(token: str) -> bytes:
    """As older Exims write it: no report, the failed recipient in a header."""
    return crlf(f"""
Return-path: <>
From: Mail Delivery System <Mailer-Daemon@mail.example.net>
To: news@shop.example.org
X-Failed-Recipients: p1@example.net
Auto-Submitted: auto-replied
Subject: Mail delivery failed: returning message to sender
Message-Id: <E1tCxyz-0001@mail.example.net>

This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  p1@example.net
    Unrouteable address

------ This is a copy of the message, including all the headers. ------

From: Shop <news@shop.example.org>
To: p1@example.net
Message-ID: <{token}@shop.example.org>
Subject: Hello

Hi
""")


def qmail(token: str) -> bytes:
    return crlf(f"""
Return-Path: <>
From: MAILER-DAEMON@qmail.example.net
To: news@shop.example.org
Subject: failure notice

Hi. This is the qmail-send program at qmail.example.net.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<p1@qmail.example.net>:
Sorry, no mailbox here by that name. (#5.1.1)

--- Below this line is a copy of the message.

Return-Path: <news@shop.example.org>
Message-ID: <{token}@shop.example.org>
""")


def away(token: str) -> bytes:
    return crlf(f"""
From: Ada <p1@example.com>
To: news@shop.example.org
Subject: Automatic reply: Hello
Auto-Submitted: auto-replied
In-Reply-To: <{token}@shop.example.org>
Content-Type: text/plain

I am away until Monday. User unknown is a funny phrase.
""")


def complaint(token: str, *, kind: str = "abuse") -> bytes:
    """A feedback report (RFC 5965)."""
    return crlf(f"""
From: <abusedesk@example.com>
Date: Mon, 16 Nov 2026 17:40:36 EDT
Subject: FW: Hello
To: <complaints@back.example.org>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report;
     boundary="part1_13d.2e68ed54_boundary"

--part1_13d.2e68ed54_boundary
Content-Type: text/plain; charset="US-ASCII"
Content-Transfer-Encoding: 7bit

This is an email abuse report for an email message received from IP 192.0.2.1.

--part1_13d.2e68ed54_boundary
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: SomeGenerator/1.0
Version: 1
Original-Mail-From: <news@shop.example.org>
Original-Rcpt-To: <p1@example.com>
Received-Date: Thu, 8 Mar 2005 14:00:00 EDT
Source-IP: 192.0.2.1

--part1_13d.2e68ed54_boundary
Content-Type: message/rfc822
Content-Disposition: inline

From: <news@shop.example.org>
To: <Undisclosed Recipients>
Subject: Hello
Message-ID: <{token}@shop.example.org>

Spam Spam Spam
--part1_13d.2e68ed54_boundary--
""")
