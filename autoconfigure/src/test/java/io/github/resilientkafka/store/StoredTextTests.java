package io.github.resilientkafka.store;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class StoredTextTests {

    @Test
    void textThatIsFineIsLeftAlone() {
        String text = "key-1 \u00E4\u20AC\uD83D\uDE00\n";

        assertThat(StoredText.clean(text, 100)).isEqualTo(text);
        assertThat(StoredText.cleanOrNull(null, 100)).isNull();
    }

    @Test
    void nulAndLoneSurrogatesAreReplaced() {
        assertThat(StoredText.clean("a\u0000b\uD800c\uDC00\uD83D\uDE00\uD83D", 100))
                .isEqualTo("a\uFFFDb\uFFFDc\uFFFD\uD83D\uDE00\uFFFD");
    }

    @Test
    void longTextIsCutButNoPairIsSplit() {
        assertThat(StoredText.clean("abcdef", 3)).isEqualTo("abc");
        assertThat(StoredText.clean("ab\uD83D\uDE00", 3)).isEqualTo("ab");
        assertThat(StoredText.clean("a\uD83D\uDE00b", 3)).isEqualTo("a\uD83D\uDE00");
    }
}
