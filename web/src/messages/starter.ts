/** What a new template begins with: short, and right in its parts. */
export const starter = `<mjml>
  <mj-head>
    <mj-attributes>
      <mj-all font-family="Helvetica, Arial, sans-serif" />
      <mj-text font-size="16px" line-height="24px" color="#192225" />
    </mj-attributes>
  </mj-head>
  <mj-body background-color="#F4F4F1">
    <mj-section background-color="#FFFFFF" border-radius="10px">
      <mj-column>
        <mj-text font-size="24px" line-height="32px">Hello {{ profile.first_name | default("friend") }}</mj-text>
        <mj-text>Write what is new, in a sentence or two.</mj-text>
        <mj-button href="https://example.com" background-color="#046D7C">See it in the shop</mj-button>
      </mj-column>
    </mj-section>
    <mj-section>
      <mj-column>
        <mj-text align="center" font-size="12px" color="#4B5456">
          <a href="{{ links.web_version }}">Read in the browser</a> · <a href="{{ links.unsubscribe }}">Unsubscribe</a>
        </mj-text>
      </mj-column>
    </mj-section>
  </mj-body>
</mjml>
`;
