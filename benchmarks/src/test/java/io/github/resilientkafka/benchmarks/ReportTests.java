package io.github.resilientkafka.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportTests {

    private static final Machine MACHINE = new Machine(Map.of("cores", "2"));

    private static final Figure RATE = new Figure(
            "publish-8-threads",
            "healthy",
            200_123.4,
            "events/s",
            250_000,
            new Spread(0.8123, 0.7, 0.9, 5),
            Target.atLeast(0.9));

    private static final Figure CPU = new Figure(
            "publish-cpu", "1 thread, busy", 2.96, "µs/event", 2.5, new Spread(1.18, 1.1, 1.2, 5), Target.atMost(1.25));

    @TempDir
    Path directory;

    @Test
    void programsGetOneLineForEachFigure() throws IOException {
        new Report(List.of(RATE, CPU), MACHINE, true).write(this.directory);

        assertThat(Files.readString(this.directory.resolve("benchmarks.csv"))).isEqualTo("""
                        benchmark,setting,value,unit,reference,ratio
                        publish-8-threads,healthy,200123,events/s,250000,0.812
                        publish-cpu,"1 thread, busy",2.960,µs/event,2.500,1.180
                        """);
    }

    @Test
    void peopleSeeSpreadTargetAndByHowMuchItIsMissed() {
        assertThat(new Report(List.of(RATE, CPU), MACHINE, true).table())
                .contains(
                        "| publish-8-threads | healthy | 200,123 | 250,000 | events/s | **0.81** | 0.70 – 0.90 | 5 | ≥ 0.90 | **missed by 9.7 %** |")
                .contains(
                        "| publish-cpu | 1 thread, busy | 2.96 | 2.50 | µs/event | **1.18** | 1.10 – 1.20 | 5 | ≤ 1.25 | met |");
    }

    @Test
    void notesOfPeopleStay() throws IOException {
        Path page = this.directory.resolve("benchmarks.md");
        new Report(List.of(RATE), MACHINE, true).write(this.directory);
        assertThat(page).content().contains("| cores | 2 |").endsWith("## Notes\n\nNone yet.\n");
        Files.writeString(page, Files.readString(page).replace("None yet.", "It is the lock."));

        new Report(List.of(CPU), MACHINE, true).write(this.directory);

        assertThat(page)
                .content()
                .contains("publish-cpu | 1 thread")
                .doesNotContain("200,123")
                .endsWith("## Notes\n\nIt is the lock.\n");
    }

    @Test
    void aTryOutSaysSo() throws IOException {
        new Report(List.of(RATE), MACHINE, true).write(this.directory);
        assertThat(this.directory.resolve("benchmarks.md")).content().doesNotContain("A try-out");

        new Report(List.of(RATE), MACHINE, false).write(this.directory);

        assertThat(this.directory.resolve("benchmarks.md")).content().contains("**A try-out");
    }

    @Test
    void missedByManyPercentIsRounded() {
        assertThat(Target.atMost(1.6).verdict(2.0)).isEqualTo("**missed by 25 %**");
        assertThat(Target.atMost(1.6).verdict(1.6)).isEqualTo("met");
        assertThat(Target.atLeast(0.7).verdict(0.7)).isEqualTo("met");
        assertThat(Target.atLeast(0.7).verdict(0.35)).isEqualTo("**missed by 50 %**");
    }

    @Test
    void whatHasNoTargetIsNotJudged() {
        Figure figure = new Figure("memory", "heap", 30, "MB", 25, new Spread(1.2, 1.1, 1.3, 5), Target.NONE);

        assertThat(new Report(List.of(figure), MACHINE, true).table()).endsWith("| 1.10 – 1.30 | 5 | – |  |");
        assertThat(Figure.parse(figure.toLine())).isEqualTo(figure);
    }

    @Test
    void figuresSurviveTheWayBetweenTwoJvms() {
        assertThat(Figure.parse(RATE.toLine())).isEqualTo(RATE);
        assertThat(Figure.parse(CPU.toLine())).isEqualTo(CPU);
    }
}
