# What scripts do: hashes of arrays, split and join, substitutions, a sort.
use strict;
use warnings;

my $count = shift;
my $text = join "\n", map { "line $_ of " . ($_ * 7919 % $count) . " words: " . join ' ', map { "w$_" } 1 .. $_ % 23 } 1 .. $count;
my (%places, %lengths);

for my $line (split /\n/, $text) {
        my @words = split / /, $line;
        push @{$places{$_}}, $words[1] for @words;
        my $length = length $line;
        $lengths{$length}{$words[3]} = \@words;
}
(my $changed = $text) =~ s/w(\d+)/"word-" . $1 * 2/ge;
my @sorted = sort { $a->{name} cmp $b->{name} } map { {name => $_, count => scalar @{$places{$_}}} } keys %places;
my $sum = 0;
$sum += $_->{count} * length $_->{name} for @sorted;
print "$sum ", length $changed, " ", scalar keys %lengths, "\n";
