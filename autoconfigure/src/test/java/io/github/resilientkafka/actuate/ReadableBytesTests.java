package io.github.resilientkafka.actuate;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/**
 * Payloads and headers as people see them.
 */
class ReadableBytesTests {

    @Test
    void whenThePayloadIsTextThenItIsShownAsText() {
        assertThat(ReadableBytes.of("{\"näme\":\n\t\"✓\"}".getBytes(StandardCharsets.UTF_8)))
                .isEqualTo(new ReadableBytes("text", "{\"näme\":\n\t\"✓\"}"));
        assertThat(ReadableBytes.of(new byte[0])).isEqualTo(new ReadableBytes("text", ""));
    }

    @Test
    void whenThePayloadIsNotTextThenItIsShownAsBase64() {
        assertThat(ReadableBytes.of(new byte[] {(byte) 0xff, 1})).isEqualTo(new ReadableBytes("base64", "/wE="));
        assertThat(ReadableBytes.of(new byte[] {0, 'a'})).isEqualTo(new ReadableBytes("base64", "AGE="));
    }
}
