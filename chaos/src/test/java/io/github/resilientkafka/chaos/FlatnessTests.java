package io.github.resilientkafka.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class FlatnessTests {

    /** An outage, with less of it, every ten samples. */
    private static final List<Long> NOISE = samples(0);

    private static List<Long> samples(long morePerOutage) {
        return LongStream.range(0, 90)
                .map(i -> ((i % 10 < 3) ? 250 : 300 + i % 4) + i / 10 * morePerOutage)
                .boxed()
                .toList();
    }

    @Test
    void whatComesAndGoesIsFlat() {
        assertThat(Flatness.ofCounts("files", NOISE, 2).isFlat()).isTrue();
        assertThat(Flatness.ofMedians("heap", NOISE, 1.05).isFlat()).isTrue();
        assertThat(Flatness.ofPeaks("tables", NOISE, 1.15).isFlat()).isTrue();
    }

    @Test
    void oneMoreAfterEachOutageGrows() {
        Flatness files = Flatness.ofCounts("files", samples(1), 2);
        assertThat(files.isFlat()).isFalse();
        assertThat(files).hasToString("files       GROWS: 305, then 308 (at most 307)");
    }

    @Test
    void aCountThatWasAsHighBeforeIsFlat() {
        List<Long> upAndDown = LongStream.range(0, 90)
                .map(i -> (i < 30) ? 300 : (i < 60) ? 296 : 299)
                .boxed()
                .toList();
        assertThat(Flatness.ofCounts("files", upAndDown, 2))
                .hasToString("files       flat: 300, then 299 (at most 302)");
    }

    @Test
    void aCountThatWasHigherBeforeAndRisesGrows() {
        List<Long> leaking = LongStream.range(0, 90)
                .map(i -> (i < 30) ? 310 : (i < 60) ? 300 : 300 + (i - 60) / 2)
                .boxed()
                .toList();
        assertThat(Flatness.ofCounts("files", leaking, 2))
                .hasToString("files       GROWS: 300, then 307 (at most 302)");
    }

    @Test
    void whatWarmsUpIsNotHeldAgainstIt() {
        List<Long> warmingUp =
                LongStream.range(0, 90).map(i -> Math.min(i, 30)).boxed().toList();
        assertThat(Flatness.ofCounts("threads", warmingUp, 0).isFlat()).isTrue();
    }

    @Test
    void peaksThatGrowAreSeen() {
        assertThat(Flatness.ofPeaks("tables", samples(50), 1.15).isFlat()).isFalse();
    }
}
